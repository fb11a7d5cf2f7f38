/** A broadcast server on `ws` and nothing else: what fan-out costs when nothing is promised. */
import { createServer } from "node:http"
import { WebSocket, WebSocketServer } from "ws"

const rooms = new Map<string, Set<WebSocket>>()
const server = createServer((_request, response) => response.end("ok"))
const sockets = new WebSocketServer({ server, perMessageDeflate: false })

sockets.on("connection", (socket, request) => {
  const name = new URL(request.url ?? "/", "http://127.0.0.1").searchParams.get("room_id") ?? ""
  const room = rooms.get(name) ?? new Set<WebSocket>()
  rooms.set(name, room.add(socket))
  socket.on("message", (data: Buffer) => {
    const { room_id, user_id, text } = JSON.parse(data.toString("utf8"))
    const created_at = new Date().toISOString()
    const frame = JSON.stringify({ room_id, user_id, text, sentiment: "neutral", crisis_probability: 0, created_at })
    for (const member of room) if (member.readyState === WebSocket.OPEN) member.send(frame)
  })
  socket.on("close", () => room.delete(socket))
})

server.listen(Number(process.env["ATTUNE_PORT"]), "127.0.0.1")
process.once("SIGTERM", () => process.exit(0))
