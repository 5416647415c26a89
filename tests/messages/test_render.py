"""Mail templates, from what an author writes to what a lead gets."""

from __future__ import annotations

import html5lib
import pytest

from campaigns.messages.checking import check_template
from campaigns.messages.render import TemplateSource, compile_template
from campaigns.personalise import TemplateLimit, TemplateProblem

MJML = "<mjml><mj-body><mj-section><mj-column>{}</mj-column></mj-section></mj-body></mjml>"


def html_template(body: str, *, subject: str = "Hello", text: str = "") -> TemplateSource:
    return TemplateSource(subject, body, "html", text)


def test_mjml_becomes_html_once_and_liquid_is_filled_in_per_lead() -> None:
    body = MJML.format('<mj-text>Hi {{ lead.name | default: "a > b" }}{% if 3 > 2 %}, yes{% endif %}</mj-text>')
    template = compile_template(TemplateSource("For {{ lead.name }}", body))
    for name in ("Ann", "Bob"):
        message = template.render({"lead": {"name": name}})
        assert message.subject == f"For {name}"
        assert f"Hi {name}, yes" in message.html
        assert message.text == f"Hi {name}, yes\n"
        assert "<mj-" not in message.html
    assert "a &gt; b" not in template.render({"lead": {}}).text


def test_blocks_may_stand_between_sections_and_table_rows() -> None:
    section = "{% if lead.vip %}<mj-section><mj-column><mj-text>VIP</mj-text></mj-column></mj-section>{% endif %}"
    template = compile_template(TemplateSource("x", f"<mjml><mj-body>{section}</mj-body></mjml>"))
    assert "VIP" in template.render({"lead": {"vip": True}}).html
    assert "VIP" not in template.render({"lead": {"vip": False}}).html
    rows = html_template("<table>{% for i in event.rows %}<tr><td>{{ i }}</td></tr>{% endfor %}</table>")
    page = html5lib.parse(compile_template(rows).render({"event": {"rows": [1, 2]}}).html, namespaceHTMLElements=False)
    assert [cell.text for cell in page.iter("td")] == ["1", "2"]


def test_styles_are_inlined_and_media_rules_stay() -> None:
    body = "<style>p{color:red} @media (max-width:{{ state.w }}px){p{color:blue}}</style><p>Hi</p>"
    html = compile_template(html_template(body)).render({"state": {"w": 400}}).html
    assert '<p style="color: red;">' in html
    assert "max-width:400px" in html


def test_t01_t02_missing_values_are_listed_once_for_the_whole_message() -> None:
    template = compile_template(
        html_template("<p>Dear {{ lead.name }},</p>{{ lead.city | default: 'here' }}", subject="{{ lead.name }}")
    )
    assert template.render({"lead": {}}).missing == ("lead.name",)
    assert template.render({"lead": {"name": "Ann"}}).missing == ()


@pytest.mark.parametrize(
    ("source", "path", "place"),
    [
        (html_template("<p>a</p>\n<p>{{ x</p>"), "/html", "line 2, column 4"),
        (html_template("a", subject="{{ x"), "/subject", "line 1, column 1"),
        (html_template("a", text="\n\n{% if x %}"), "/text", "line 3, column 1"),
        (TemplateSource("a", MJML.format("\n {% for %}")), "/mjml", "line 2"),
        (TemplateSource("a", MJML.format("\n<mj-txt>a</mj-txt>")), "/mjml", "line 2, column 1"),
        (TemplateSource("a", MJML.format('<mj-include path="/etc/passwd"/>')), "/mjml", "line 1, column 39"),
        (TemplateSource("a", "<mjml><mj-body>"), "/mjml", "cannot be read"),
        (TemplateSource("a", "hello"), "/mjml", "begins with <mjml>"),
    ],
)
def test_t03_mistakes_name_their_part_and_place(source: TemplateSource, path: str, place: str) -> None:
    with pytest.raises(TemplateProblem) as raised:
        compile_template(source)
    assert raised.value.problems[0].path == path
    assert place in raised.value.problems[0].message


def test_t06_values_with_syntax_or_marks_are_text_in_every_part() -> None:
    hostile = "{{ secret }} lqd0z <!--lqd0z-->"
    template = compile_template(html_template("<p>{{ lead.n }}</p>", subject="{{ lead.n }}"))
    message = template.render({"lead": {"n": hostile}, "secret": "s3cret"})
    assert message.subject == hostile
    assert hostile in message.text
    assert "s3cret" not in message.html


def test_t07_values_are_escaped_by_place() -> None:
    hostile = "\"'><script>alert(1)</script>&"
    body = "<p title='{{ lead.n }}'>{{ lead.n }}</p><a href=\"https://x.example/?q={{ lead.n }}\">a</a>"
    message = compile_template(html_template(body, subject="{{ lead.n }}", text="{{ lead.n }}")).render(
        {"lead": {"n": hostile}}
    )
    page = html5lib.parse(message.html, namespaceHTMLElements=False)
    paragraph, link = next(page.iter("p")), next(page.iter("a"))
    assert (paragraph.text, paragraph.get("title"), list(page.iter("script"))) == (hostile, hostile, [])
    assert link.get("href") == "https://x.example/?q=%22%27%3E%3Cscript%3Ealert(1)%3C/script%3E&"
    assert (message.subject, message.text.strip()) == (hostile, hostile)


@pytest.mark.parametrize(
    "target",
    ["javascript:alert(1)", " JavaScript:alert(1)", "java\nscript:alert(1)", "\x01javascript:x", "data:text/html,<script>",  # noqa: E501
     "vbscript:x", "file:///etc/passwd", "jar:x", "blob:x", "java\tscript:x", "about:blank", "ftp://x.example/"],
)  # fmt: skip
def test_t08_an_address_that_is_no_web_or_mail_address_is_replaced(target: str) -> None:
    message = compile_template(html_template('<a href="{{ lead.url }}">x</a>')).render({"lead": {"url": target}})
    link = next(html5lib.parse(message.html, namespaceHTMLElements=False).iter("a"))
    assert link.get("href") == "#"
    assert len(message.refused_links) == 1


@pytest.mark.parametrize(
    ("target", "written"),
    [
        ("https://x.example/a?b=c&d=e#f", "https://x.example/a?b=c&d=e#f"),
        ("http://x.example/ä b", "http://x.example/ä%20b"),
        ("mailto:a@b.example", "mailto:a@b.example"),
        ('https://x.example/" onmouseover="x', "https://x.example/%22%20onmouseover=%22x"),
        ("/path", "/path"),
    ],
)
def test_t08_an_address_is_encoded_and_stays_one_attribute(target: str, written: str) -> None:
    message = compile_template(html_template("<a href='{{ lead.url }}'>x</a>")).render({"lead": {"url": target}})
    link = next(html5lib.parse(message.html, namespaceHTMLElements=False).iter("a"))
    assert link.attrib == {"href": written}
    assert message.refused_links == ()


def test_t09_a_line_break_in_a_subject_value_becomes_a_blank() -> None:
    template = compile_template(html_template("x", subject="Hi {{ lead.name }}"))
    assert template.render({"lead": {"name": "Ann\r\nBcc: x@y"}}).subject == "Hi Ann Bcc: x@y"


def test_t12_large_templates_are_warned_about_and_then_refused() -> None:
    found = check(html_template("<p>" + "x" * 110_000 + "</p> unsubscribe"))
    assert [(item.level, item.path) for item in found] == [("warning", "/html")]
    assert check(html_template("x" * 5_000_000))[0].level == "error"
    with pytest.raises(TemplateLimit):
        compile_template(html_template("{{ lead.bio }}" * 20)).render({"lead": {"bio": "x" * 60_000}})


def test_t13_odd_bodies_are_cleaned_and_remarked_on() -> None:
    html = compile_template(html_template("<p>one<p>two<b>bold")).html.source
    assert html == "<html><head></head><body><p>one</p><p>two<b>bold</b></p></body></html>"
    assert messages(html_template("")) == ["the body is empty"]
    assert messages(html_template("<img src='https://x.example/a.png'>")) == ["only images, and no text beside them"]


def test_the_check_names_unknown_values_tags_links_and_a_missing_unsubscribe_link() -> None:
    source = html_template("<a href='file:///x'>{{ lead.emial }}</a>", subject="{{ laed.x }} }}")
    found = [(item.level, item.path, item.message) for item in check(source)]
    assert found == [
        ("error", "/subject", "there is no value named laed.x"),
        ("error", "/html", "there is no value named lead.emial"),
        ("error", "/html", "a link may lead to http, https or mailto, not to file:///x"),
        ("warning", "/subject", "line 1, column 14: a closing brace without an opening one"),
        ("warning", "/html", "there is no unsubscribe link; the mail's headers will carry one"),
    ]
    assert len(check(TemplateSource("a", MJML.format("<mj-a/><mj-b/>")))) == 2


def check(source: TemplateSource):
    return check_template(source, roots=("lead", "event"), lead_fields=("email", "bio"))


def messages(source: TemplateSource) -> list[str]:
    found = check_template(source, roots=("lead",), lead_fields=(), marketing=False)
    return [item.message for item in found]
