# The image of both services: `saudager up` in one container, or `saudager gateway` and `saudager agent` in two.
FROM python:3.12-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
# strip; whichever version Debian has
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends binutils && rm -rf /var/lib/apt/lists/*
WORKDIR /src
RUN python -m venv /opt/saudager
COPY requirements.lock ./
RUN /opt/saudager/bin/pip install --no-compile --require-hashes --only-binary :all: -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
COPY deploy/trim.sh ./deploy/
RUN /opt/saudager/bin/pip install --no-compile --no-deps --no-build-isolation . \
    && /opt/saudager/bin/pip uninstall --yes hatchling editables pathspec trove-classifiers pip \
    && sh deploy/trim.sh /opt/saudager/lib/python3.12/site-packages

FROM python:3.12-slim
RUN groupadd --gid 10001 saudager \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin saudager \
    && install --directory --owner 10001 --group 10001 --mode 0750 /data /data/logs
COPY --from=build /opt/saudager /opt/saudager
ENV PATH=/opt/saudager/bin:$PATH
# Bytecode of what a start needs and no more, Python's own included, which its image comes without. A build whose program does
# not start ends here.
WORKDIR /tmp/start
# hadolint ignore=DL3001
RUN DATA_DIR=/tmp/start saudager up & service=$!; \
    timeout 300 sh -c "until python -c 'import urllib.request as web; web.urlopen(\"http://127.0.0.1:8000/health\")'; do sleep 1; done" 2>/dev/null \
    && kill $service && wait $service && rm -r /tmp/start
# 0.0.0.0: the container's own network; what is reached from outside is said where its ports are published
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATA_DIR=/data \
    HOST=0.0.0.0
USER 10001:10001
WORKDIR /data
VOLUME ["/data"]
EXPOSE 8000 8001
# 200 for healthy and degraded, 503 for unhealthy; compose.yaml asks the agent on its own port
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as web; web.urlopen(f\"http://127.0.0.1:{os.environ.get('PORT', '8000')}/health\", timeout=8)"]
CMD ["saudager", "up"]
