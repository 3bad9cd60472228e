# Two stages: what builds is not what runs.
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The image brings its own Node and the compose file its own PostgreSQL: the bundled ones stay away.
RUN npm ci --omit=optional --ignore-scripts
COPY tsconfig.json tsconfig.build.json nest-cli.json ormconfig.ts ./
COPY src ./src
RUN npm run build && npm prune --omit=dev --omit=optional --ignore-scripts

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build --chown=root:root /app/package.json ./
COPY --from=build --chown=root:root /app/node_modules ./node_modules
COPY --from=build --chown=root:root /app/dist ./dist
COPY --chown=root:root bin ./bin
# The only place that is written to: blobs that wait for a slow secondary. The rest may be read-only.
RUN install -d -o node -g node -m 700 /var/spool/geo-reconciler
ENV TMPDIR=/var/spool/geo-reconciler
VOLUME /var/spool/geo-reconciler
USER node
EXPOSE 8080
# Whether it lives. Whether it can work is /readyz, for whoever sends traffic or waits for it.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "--eval", "fetch('http://127.0.0.1:8080/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/app/bin/geo-reconciler"]
CMD ["serve"]
