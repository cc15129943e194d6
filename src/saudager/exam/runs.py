"""The runs of the exam: begun by a person, one at a time, kept to be compared."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from saudager.errors import NotFound, Refused
from saudager.exam.models import CANCELLED, DONE, FAILED, RUNNING, ExamRun
from saudager.queues import tasks

SUITES = ("answers", "moderator", "grounding", "intent", "optout", "callslot", "dialogues")
TASK = "take_exam"

_BRIEFLY = select(ExamRun).options(defer(ExamRun.result, raiseload=True))


def begin(session: Session, suite: str, engine: str, *, by: str, now: datetime) -> int:
    """Ask for an exam; the run's id. Raises Refused while another one runs, NotFound for a suite there is not."""
    if suite not in SUITES or engine not in ("offline", "agno"):
        raise NotFound("Такого экзамена нет.")
    if under_way(session) is not None:
        raise Refused("Экзамен уже идёт: дождитесь его или остановите.")
    run = ExamRun(suite=suite, engine=engine, state=RUNNING, done=0, total=0, started_at=now, started_by=by)
    session.add(run)
    session.flush()
    tasks.enqueue(session, TASK, task_id=f"exam:{run.id}", now=now, run=run.id)
    return run.id


def get(session: Session, run_id: int) -> ExamRun:
    """Raises NotFound."""
    run = session.get(ExamRun, run_id)
    if run is None:
        raise NotFound("Такого экзамена нет.")
    return run


def under_way(session: Session) -> ExamRun | None:
    return session.scalar(_BRIEFLY.where(ExamRun.state == RUNNING))


def newest(session: Session, *, before: int | None = None, most: int = 20) -> Sequence[ExamRun]:
    """Newest first, without their reports; ``before`` goes on after that id."""
    chosen = _BRIEFLY if before is None else _BRIEFLY.where(ExamRun.id < before)
    return session.scalars(chosen.order_by(ExamRun.id.desc()).limit(most)).all()


def former(session: Session, run: ExamRun) -> ExamRun | None:
    """The last report of the same suite by the same kind of engine before this one."""
    alike = (ExamRun.suite == run.suite, ExamRun.engine == run.engine, ExamRun.state == DONE, ExamRun.id < run.id)
    return session.scalar(select(ExamRun).where(*alike).order_by(ExamRun.id.desc()).limit(1))


def note_progress(session: Session, run_id: int, done: int, total: int) -> bool:
    """Say how far it is; False when nobody waits for it any more."""
    run = get(session, run_id)
    if run.state == RUNNING:
        run.done, run.total = done, total
    return run.state == RUNNING


def close(session: Session, run_id: int, result: dict[str, Any] | None, fault: str | None, *, now: datetime) -> None:
    """Keep what it came to, unless it was cancelled meanwhile."""
    run = get(session, run_id)
    if run.state == RUNNING:
        run.state = DONE if result is not None else FAILED
        run.result, run.fault, run.ended_at = result, fault, now
        if result is not None:
            run.done = run.total = int(result["total"])
            run.passed = int(result["passed"])


def cancel(session: Session, run_id: int, *, now: datetime) -> None:
    """Stop it; raises Refused when it has ended."""
    run = get(session, run_id)
    if run.state != RUNNING:
        raise Refused("Этот экзамен уже окончен.")
    run.state, run.ended_at = CANCELLED, now


def changes(run: ExamRun, before: ExamRun | None) -> tuple[list[int], list[int]]:
    """Numbers of the cases that failed now and not before, and the other way round."""
    if run.result is None or before is None or before.result is None:
        return [], []
    now_wrong = {int(one["case"]) for one in run.result["wrong"]}
    then_wrong = {int(one["case"]) for one in before.result["wrong"]}
    return sorted(now_wrong - then_wrong), sorted(then_wrong - now_wrong)
