# SPDX-License-Identifier: Apache-2.0
"""What a teacher needs: `./learn teacher`.

    cli.py          the verbs
    lab.py          labs/*/lab.toml, read and checked
    pack.py         a lab's pack: pack.json, the grader, the sources that it needs
      private.py      hidden tests of the teacher's own
      units.py        what a part is built from, and what a submission can change
      expect.py       what the project's judge says of known answers
      layouts/        how a pack lies for each platform
    prove.py        a pack must give these answers the same points, in a clean folder
      hostile.py      and none to those that only want marks, or to do harm
        hostile/        what they do
    pack_show.py    a pack in the making, as a person sees it; how it is stopped
      steps.py        how far it has come
    class_files.py  the folder of a class: submissions, grade files, a pack's digest
    class_run.py    every submission graded once, through kills and restarts
      class_show.py   the same with a progress bar
    sample_class.py submissions that nobody wrote, to try a lab at scale
    report.py       a class on one page of HTML
      class_answers.py  what was handed in, as text; what everybody was given
      similarity.py     winnowing over cpp_tokens.py
    template.py     pages of one file, from templates/
    slides.py       slides.LANG.md as one HTML file
    schedule.py     a term: chapters, labs and exercises over its weeks
    pages.py        handout and teacher's page, with what is made from lab.toml
    cli_class.py    the verbs of a class, a term and a lesson

The grader itself is tools/grader, which needs nothing of this.
"""
