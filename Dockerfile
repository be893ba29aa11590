# SPDX-License-Identifier: Apache-2.0
#
# A learner's machine: docker build -t annotated-netpoll . && docker run -it --cap-add
# SYS_PTRACE annotated-netpoll. For everything: docker build --build-arg FOR=author .
FROM debian:bookworm-slim
ARG FOR=learner
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates git sudo \
  && useradd --create-home --shell /bin/bash learner \
  && echo 'learner ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/learner
COPY --chown=learner . /home/learner/annotated-netpoll
USER learner
WORKDIR /home/learner/annotated-netpoll
RUN ./learn --for "$FOR" --yes --no-serve
CMD ["bash"]
