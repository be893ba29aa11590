# SPDX-License-Identifier: Apache-2.0
"""The cast of the chapters: every name exists, every line is used, every owner owns."""

import re

import pytest

from learn import index, paths
from learn.site import cast
from learn.site.content import LANGUAGES
from learn.site.directives import find

ROLES = cast.roles(paths.ROOT)
_OWNER = re.compile(r"^(?:its|a|the) `(\w+)`$")


@pytest.fixture(scope="module")
def symbols():
    try:
        return index.load()
    except index.IndexUnavailable as error:
        pytest.skip(str(error))


def asked() -> dict[str, list[str]]:
    """The names that each page's directives ask for; the languages ask for the same."""
    pages = {}
    for file in sorted((paths.NOTES / "en").glob("*.md")):
        found = find(file.read_text(encoding="utf-8"))
        names = [n for d in found if d.name == "cast" for n in cast.asked(d.argument)]
        if names:
            pages[file.stem] = names
    return pages


@pytest.mark.parametrize("role", ROLES, ids=lambda role: f"{role.names[0]}-{role.page}")
def test_each_name_is_one_of_the_source(role, symbols):
    if role.outside:
        return
    for name in role.names:
        assert symbols._matching(name) or symbols._matching(symbols._template(name)), name


def test_every_line_is_used():
    pages = asked()
    assert pages
    chosen = [role for page, names in pages.items()
              for role in cast.choose(", ".join(names), page, paths.ROOT)]
    unused = [role.names for role in ROLES
              if role not in chosen and (not role.page or role.page in pages)]
    assert unused == []


def test_a_line_is_written_once():
    keys = [(role.names[0], role.page) for role in ROLES]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("role", [r for r in ROLES if _OWNER.match(r.owner.get("en", ""))],
                         ids=lambda role: role.names[0])
def test_an_owner_that_is_named_owns(role, symbols):
    owner = _OWNER.match(role.owner["en"])[1]
    bonds = cast.bonds([owner, *role.names], symbols)
    kinds = {bond.kind for bond in bonds if bond.owner == owner}
    assert kinds & {"owns", "counts"}, f"{owner} has no member {role.names[0]}"


def test_a_line_of_a_page_comes_before_that_for_all():
    own = next(role for role in ROLES if role.page == "06-writing" and role.names[0] == "Output")
    assert cast.choose("Output", "06-writing", paths.ROOT) == [own]
    assert cast.choose("Output", "08-input-output", paths.ROOT) != [own]
    with pytest.raises(cast.UnknownRole):
        cast.choose("Outputs", "08-input-output", paths.ROOT)


@pytest.mark.parametrize(("member", "kind"), [
    ("Lead lead_", "owns"),
    ("std::unique_ptr<Lead> lead_", "owns"),
    ("std::vector<std::unique_ptr<Lead>> leads_", "owns"),
    ("Ref<Lead> lead_", "counts"),
    ("const Lead& lead_", "points"),
    ("std::vector<Lead*> leads_", "points"),
    ("BasicLead<Sync> lead_", "owns"),
    ("LeadHome home_", ""),
    ("Lead::Word word_ = 0", ""),
    ("std::function<void(Lead&)> called_", ""),
    ("Mutex mutex_ NETPOLL_GUARDED_BY(Lead)", ""),
])  # fmt: skip
def test_a_member_says_how_it_leads_to_a_class(member, kind, symbols):
    assert cast._kind(member, "Lead", symbols) == kind


def test_the_picture_is_what_the_members_say(symbols):
    found = cast.bonds(["Poller", "Lead", "FdOperator", "Connection", "Runner"], symbols)
    assert cast.Bond("Poller", "Lead", "owns") in found
    assert cast.Bond("Poller", "Runner", "points") in found
    assert cast.Bond("Connection", "FdOperator", "is") in found
    assert all(bond.owner != "Lead" for bond in found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_languages_have_a_sentence(language):
    assert all(role.text[language].strip() for role in ROLES)
    assert all(role.owner.get(language, "").strip() for role in ROLES if role.owner)
