"""What each step of a planted ladder costs."""

PLANTED = {
    "native-threads": 1.5,
    "native-extended": 1.5,
    "native-all-128": 3.0,
    "native-128": 2.0,
    "web-worker": 1.25,
    "web-flags": 1.3,
    "web-graph": 0.9,
    "web-main": 1.1,
    "web-paced": 1.05,
    "web": 1.6,
}
