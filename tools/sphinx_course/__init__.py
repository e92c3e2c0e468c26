"""What this course adds to Jupyter Book, one idea per module.

``mathematics``     sets formulas as MathML: ``tex_to_mathml``, ``mathml_core``, ``math_font``
``markdown_pages``  each page as Markdown too, by ``markdown``, and their list ``llms.txt``
``chapters``        reads title, question, objectives and times out of a chapter notebook
``chapter_lists``   directives ``chapter-cards`` and ``chapter-table``, made from those
``exercise_tables`` directive ``exercise-tables``: exercises with kinds and points
``chapter_graph``   directive ``chapter-graph``: which chapter needs which
``teaching_plans``  directive ``teaching-plan``: weeks, chapters, and hours that add up
``citations``       finds which function cites which equation, from the docstrings
``equations``       links from docstrings to equations, and the directive ``equation-table``
``benchmark_tables`` directive ``benchmark-tables``: a recorded run, as tables
``explorers``       directive ``explorer``: an interactive figure, computed at the build
``flow_chart``      directive ``flow-chart``: boxes, arrows, and links to sections
``figures``         gives pictures their width and height, and loads their style
``course_files``    role ``course-file``: a link to the course as a zip, a PDF, or to its package
``bibliography``    cites as Elman (1990) and (Elman, 1990)
``api``             directive ``api-modules``: the page of one room of the package
``glance``          unfolds a function of the reference without its docstring and checks
``glossary_links``  lets links to the glossary lead to its terms
``launch``          links that open a notebook in Colab or Binder, once there is a repository
``icons``           ships the icons that the pages show, and no others
``lean_head``       loads the styles and scripts that a page uses, and scripts late
``lean_code``       writes listings with fewer elements: smaller pages that look the same
``folds``           writes on the bar of folded code what is inside
``exercise_bars``   names the checks of exercises, and folds their set-up
``exercise_pages``  shows exercises as they are made, whatever a learner has written in them
``run_in_page``     lets exercises run in the page; ``page_cells`` is what runs there, and
                    ``run_licences`` names the works of others that do
``search_index``    lets the search find equations by number, and Chinese terms
``shared_sidebar`` makes the list of pages once, and marks the present one in it
``front_door``      leads from the site's root to the start page
``start_page``      style of the start page, and directive ``only-with-run``
``publishing``      canonical links and the list of pages, once there is an address
``footer``          licence, version and how to cite, at the foot of each page
``frame``           replaces two templates of the theme, for readers who do not use a mouse
``one_page``        keeps, in a book on one page, which part a link leads to
``page_not_found``  makes the page for an unknown address out of ``book/404.md``
``solution_titles`` calls the pages of solutions by that name
``social``          address and picture for links to a page, once there is an address
``styles_first``    puts style sheets into the site before pages are written
``third_party``     licences of what others made, and the directive ``third-party``
``quiet_pages``     keeps handlers out of the buttons that a security policy would forbid
``crossing``        what crosses from page to page, told as one text
``rewrite``         reads the pages that have changed, and writes those that come out differently
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

PARTS = (
    "api",
    "benchmark_tables",
    "bibliography",
    "chapter_graph",
    "chapter_lists",
    "course_files",
    "equations",
    "exercise_bars",
    "exercise_pages",
    "exercise_tables",
    "explorers",
    "figures",
    "flow_chart",
    "folds",
    "footer",
    "frame",
    "front_door",
    "glance",
    "glossary_links",
    "icons",
    "launch",
    "lean_code",
    "lean_head",
    "markdown_pages",
    "mathematics",
    "one_page",
    "page_not_found",
    "publishing",
    "quiet_pages",
    "rewrite",
    "run_in_page",
    "search_index",
    "shared_sidebar",
    "social",
    "solution_titles",
    "start_page",
    "styles_first",
    "teaching_plans",
    "third_party",
)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register every part with Sphinx."""
    for part in PARTS:
        import_module(f"sphinx_course.{part}").setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
