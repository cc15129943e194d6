# The image of both services: `saudager up` in one container, or `saudager gateway` and `saudager agent` in two.
FROM python:3.12-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
RUN python -m venv /opt/saudager
COPY requirements.lock ./
RUN /opt/saudager/bin/pip install --no-compile --require-hashes --only-binary :all: -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
RUN /opt/saudager/bin/pip install --no-compile --no-deps --no-build-isolation . \
    && /opt/saudager/bin/pip uninstall --yes hatchling editables pip
# what no part of the product reads: libraries' own tests and stubs, places behind phone numbers, languages the console does not speak
WORKDIR /opt/saudager/lib/python3.12/site-packages
RUN find . -type d -name tests -prune -exec rm -rf {} + \
    && find . -type f \( -name '*.pyi' -o -name '*.pxd' -o -name '*.h' -o -name '*.a' \) -delete \
    && rm -rf phonenumbers/geodata phonenumbers/carrierdata \
    && find babel/locale-data -name '*.dat' ! -name 'root.dat' ! -name 'ru*' ! -name 'kk*' ! -name 'en*' -delete
WORKDIR /tmp/start
# bytecode of what a start needs and no more; a build whose program does not start ends here
RUN DATA_DIR=/tmp/start /opt/saudager/bin/saudager up & service=$!; \
    timeout 60 sh -c "until python -c 'import urllib.request as web; web.urlopen(\"http://127.0.0.1:8000/health\")'; do sleep 1; done" 2>/dev/null \
    && kill $service && wait $service

FROM python:3.12-slim
RUN groupadd --gid 10001 saudager \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin saudager \
    && install --directory --owner 10001 --group 10001 --mode 0750 /data /data/logs
COPY --from=build /opt/saudager /opt/saudager
# 0.0.0.0: the container's own network; what is reached from outside is said where its ports are published
ENV PATH=/opt/saudager/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
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
