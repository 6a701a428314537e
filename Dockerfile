# The image of the worker, the write gate and every other command of rekor-rotate. What runs in it is compiled before:
#   npm ci && npm run build && npm run launcher && docker build --tag rekor-rotate .
# The launcher needs Go, and is for the processor of this machine; `GOARCH=arm64 npm run launcher` makes one for another.
ARG NODE=docker.io/library/node:22.23.3-bookworm-slim

FROM ${NODE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Scripts of packages would fetch or compile what theirs ship already.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${NODE}
WORKDIR /app
COPY package.json ./
COPY --from=packages /app/node_modules ./node_modules
COPY out/dist ./out/dist
COPY out/launcher ./launcher
# For commands in a running container: `kubectl exec deploy/production-worker -- rekor-rotate status production`.
RUN ln -s /app/out/dist/cli/main.js /usr/local/bin/rekor-rotate
# Where they find the configuration that the chart mounts.
ENV REKOR_ROTATE_CONFIG=/etc/rekor-rotate/rekor-rotate.yaml
# A number, so that Kubernetes can tell that it is not root.
USER 65532:65532
ENTRYPOINT ["node", "/app/out/dist/cli/main.js"]
