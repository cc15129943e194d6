#!/bin/sh
# Takes from a folder of installed packages what no part of the product reads: the Dockerfile runs it, and
# tests/deploy/test_image.py proves what is left. Here: sh deploy/trim.sh SITE_PACKAGES
set -eu
cd "$1"

# Libraries' tests, stubs and headers; symbols that only a debugger reads. What wheels bring in NAME.libs is left: it was changed by
# patchelf, and some of it does not load again when it is stripped (numpy 2.4's OpenBLAS).
find . -type d -name tests -prune -exec rm -rf {} +
find . -type f \( -name '*.pyi' -o -name '*.pyx' -o -name '*.px[di]' -o -name '*.h' -o -name '*.c' -o -name '*.a' \) -delete
find . -type f -name '*.so' ! -path './*.libs/*' -exec strip --strip-unneeded {} +

# places and carriers behind phone numbers, short numbers such as 112, languages the console does not speak
rm -r phonenumbers/geodata phonenumbers/carrierdata phonenumbers/shortdata/region_*.py
find babel/locale-data -name '*.dat' ! -name 'root.dat' ! -name 'ru.dat' ! -name 'kk.dat' ! -name 'en.dat' -delete

# Agno: its command line, servers, stores, toolkits, and the models of vendors it is not asked for. providers/llm/agno uses its
# model layer alone, and no Agent (docs/decisions/0006-agno-behind-our-port.md).
rm -r agnoctl* questionary* prompt_toolkit* wcwidth* typer* shellingham*
find agno -mindepth 1 -maxdepth 1 -type d ! -name media ! -name models ! -name reasoning ! -name run ! -name tools ! -name utils \
    -exec rm -r {} +
find agno/models -mindepth 1 -maxdepth 1 -type d ! -name openai ! -name openrouter ! -name google -exec rm -r {} +
find agno/tools -mindepth 1 -maxdepth 1 ! -name __init__.py ! -name annotations.py ! -name component.py ! -name decorator.py \
    ! -name function.py ! -name toolkit.py -exec rm -r {} +

# openai and google-genai: all but chats; opentelemetry: all but traces
find openai/resources -mindepth 1 -maxdepth 1 ! -name __init__.py ! -name chat -exec rm -r {} +
find openai/types -mindepth 1 -maxdepth 1 -type d ! -name chat ! -name graders ! -name responses ! -name 'shared*' -exec rm -r {} +
rm -r openai/lib/beta openai/lib/browser.py openai/lib/live openai/lib/responses_*
rm -r google/genai/_gaos pyasn1*
rm -r google/api google/cloud google/gapic google/logging google/longrunning google/type
find opentelemetry/semconv/_incubating -name '*_*.py' ! -name 'otel_*.py' ! -name __init__.py -delete

# what the rest brings along and only an interactive use, another database or a build reads
find pygments/lexers -name '*.py' ! -name __init__.py ! -name _mapping.py ! -name python.py ! -name special.py -delete
rm -r alembic/testing sqlalchemy/testing sqlalchemy/dialects/mssql sqlalchemy/dialects/mysql sqlalchemy/dialects/oracle
rm -r numpy/f2py numpy/fft numpy/polynomial numpy/random numpy/testing numpy/_core/_simd*.so numpy/_core/*_tests*.so
rm -r lxml/html/diff* lxml/html/_difflib* lxml/isoschematron lxml/objectify*.so lxml/sax*.so
rm -r docx/templates/default-docx-template
rm PIL/_avif*.so pillow.libs/libavif*
rm -rf setuptools* pkg_resources _distutils_hack distutils-precedence.pth
rm -- *.dist-info/RECORD
