"""Asks the service behind it the same path, with Flask and requests, and knows nothing of colours."""

import os

import requests
from flask import Flask, request

app = Flask(__name__)


@app.route("/", defaults={"path": ""})
@app.route("/<path:path>")
def answer(path):
    answered = requests.get(os.environ["DB_URL"] + request.full_path, timeout=10)
    return answered.text, answered.status_code


app.run(host="127.0.0.1", port=int(os.environ["PORT"]))
