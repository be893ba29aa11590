// SPDX-License-Identifier: Apache-2.0

// symbols prints what a Go module declares, one line each: kind, symbol, file
// and line, tab-separated. The fields of its structs are declared too, as kind
// "field". Tests and examples are left out.
//
//	symbols DIRECTORY
package main

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

type printer struct {
	out  *bufio.Writer
	set  *token.FileSet
	file string
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: symbols DIRECTORY")
		os.Exit(2)
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	root := os.Args[1]
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		set := token.NewFileSet()
		tree, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		file, err := filepath.Rel(root, path)
		p := printer{out, set, filepath.ToSlash(file)}
		for _, one := range tree.Decls {
			p.declaration(one)
		}
		return err
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (p printer) row(kind, symbol string, at ast.Node) {
	fmt.Fprintf(p.out, "%s\t%s\t%s\t%d\n", kind, symbol, p.file, p.set.Position(at.Pos()).Line)
}

func (p printer) declaration(one ast.Decl) {
	switch one := one.(type) {
	case *ast.FuncDecl:
		if one.Recv == nil {
			p.row("func", one.Name.Name, one)
		} else {
			p.row("method", receiver(one.Recv.List[0].Type)+"."+one.Name.Name, one)
		}
	case *ast.GenDecl:
		for _, spec := range one.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				p.typeSpec(spec)
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					if name.Name != "_" {
						p.row(one.Tok.String(), name.Name, name)
					}
				}
			}
		}
	}
}

func (p printer) typeSpec(spec *ast.TypeSpec) {
	p.row("type", spec.Name.Name, spec)
	switch body := spec.Type.(type) {
	case *ast.InterfaceType:
		p.members("method", spec.Name.Name, body.Methods)
	case *ast.StructType:
		p.members("field", spec.Name.Name, body.Fields)
	}
}

func (p printer) members(kind, owner string, list *ast.FieldList) {
	for _, field := range list.List {
		for _, name := range field.Names {
			p.row(kind, owner+"."+name.Name, name)
		}
	}
}

func receiver(of ast.Expr) string {
	switch of := of.(type) {
	case *ast.StarExpr:
		return receiver(of.X)
	case *ast.IndexExpr:
		return receiver(of.X)
	case *ast.Ident:
		return of.Name
	}
	return "?"
}
