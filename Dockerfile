# identity-mcp, served over HTTP. docs/operations.md says how it is run.

# Debian, since the native part of libsql is built for glibc.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY scripts ./scripts
COPY src ./src
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:22-bookworm-slim
COPY LICENSE package.json /app/
COPY --from=build /app/node_modules /app/node_modules
COPY --from=build /app/dist /app/dist
RUN ln -s /app/dist/main.js /usr/local/bin/identity-mcp \
  && install --directory --mode=0700 --owner=1000 --group=1000 /var/lib/identity-mcp
# Data is kept in /var/lib/identity-mcp where the settings name no other folder; nothing else is written.
ENV IDENTITY_MCP_CONFIG=/etc/identity-mcp/identity-mcp.json XDG_DATA_HOME=/var/lib
VOLUME /var/lib/identity-mcp
# A number, so that Kubernetes can tell that it is not root.
USER 1000:1000
EXPOSE 3910
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:3910/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Without a shell in between, so that signals reach the program.
ENTRYPOINT ["identity-mcp"]
CMD ["serve", "--http", "--host", "0.0.0.0"]
