"""Passwords of twelve characters and more that are guessed first; shorter ones are refused anyway."""

_WORDS = """
password password1 password12 passwort passw0rd qwerty qwertz azerty welcome letmein iloveyou monkey dragon sunshine
princess football baseball superman batman trustno1 master admin administrator root user login secret changeme default
summer winter spring autumn london berlin paris hello computer internet michael jordan charlie abc abcd test testing
"""
_TAILS = ("", "1", "12", "123", "1234", "12345", "123456", "1234567", "12345678", "123456789", "1234567890", "!", "!!", "2024", "2025", "2026")
_RUNS = (
    "123456789012 1234567890123 12345678901234 123456789012345 1234567890123456 qwertyuiop12 qwertyuiop123 qwertyuiopasdf "
    "qwertzuiop123 asdfghjkl123 1qaz2wsx3edc 1q2w3e4r5t6y zaq12wsxcde3 abcdefghijkl abcdefghijklm abcd12345678 aaaaaaaaaaaa "
    "111111111111 000000000000 correcthorsebatterystaple passwordpassword adminadminadmin letmeinletmein"
).split()
COMMON = frozenset(
    [word + tail for word in _WORDS.split() for tail in _TAILS] + [word + other for word in _WORDS.split() for other in _WORDS.split()] + _RUNS
)
