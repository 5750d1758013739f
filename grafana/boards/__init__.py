"""The dashboards, one file each."""

from boards import agent, availability, district, endpoint, link, meeting, province
from boards.board import Board
from texts import LANGUAGES

BOARDS: tuple[Board, ...] = (
    province.BOARD,
    district.BOARD,
    endpoint.BOARD,
    link.BOARD,
    availability.BOARD,
    meeting.BOARD,
    agent.BOARD,
)


def files() -> dict[str, str]:
    """Return every dashboard's file below grafana/, by path."""
    return {
        f"dashboards/{language}/{board.name}.json": board.json(language) for board in BOARDS for language in LANGUAGES
    }
