What a bench sends, seen by a server that keeps it: the first request's body, and how many came.

  $ cat >keeper.py <<'END'
  > import http.server, json, sys
  > class Keeper(http.server.BaseHTTPRequestHandler):
  >     protocol_version = "HTTP/1.1"
  >     bodies = []
  >     def do_POST(self):
  >         self.bodies.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
  >         with open(sys.argv[1], "w") as f: f.write("\n".join(self.bodies) + "\n")
  >         usage = {"prompt_tokens": 7, "completion_tokens": 9,
  >                  "completion_tokens_details": {"reasoning_tokens": 5},
  >                  "prompt_tokens_details": {"cached_tokens": 3}}
  >         out = json.dumps({"choices": [{"index": 0, "finish_reason": "stop", "message": {
  >             "role": "assistant", "content": "red"}}], "usage": usage}).encode()
  >         self.send_response(200)
  >         self.send_header("Content-Type", "application/json")
  >         self.send_header("Content-Length", str(len(out)))
  >         self.end_headers()
  >         self.wfile.write(out)
  >     def log_message(self, *args): pass
  > s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Keeper)
  > print(s.server_address[1], flush=True)
  > s.serve_forever()
  > END
  $ python3 keeper.py seen >port & keeper=$!
  $ until [ -s port ]; do read -rt 0.05 <> <(:) || :; done; url=http://127.0.0.1:$(cat port)/v1
  $ bench() { assay bench chat $url --model m --requests 4 --concurrency 1 --no-stream --no-monitor --no-targets --quiet --format json "$@" >r.json || { s=$?; [ $s -eq 4 ] || echo "[$s]"; }; }
  $ pictures() { jq -r '.messages[].content[] | select(.type == "image_url").image_url.url' $1; }

Made pictures have the number, the size and the format that were asked for; every one has pixels of its own, unless that is switched off.

  $ bench --images 2 --image-size 320x200 --image-format png
  $ pictures seen | wc -l; pictures seen | sort -u | wc -l; pictures seen | cut -d, -f1 | sort -u
  8
  8
  data:image/png;base64
  $ pictures seen | head -1 | cut -d, -f2 | base64 -d | python3 -c 'import struct, sys; d = sys.stdin.buffer.read(); print(d[12:16], *struct.unpack(">II", d[16:24]))'
  b'IHDR' 320 200
  $ bench --images 1 --image-size 64x48; pictures seen | tail -4 | cut -d, -f1 | sort -u
  data:image/jpeg;base64
  $ pictures seen | tail -1 | cut -d, -f2 | base64 -d | python3 -c 'import struct, sys; d = sys.stdin.buffer.read(); at = d.index(b"\xff\xc0"); print(*struct.unpack(">HH", d[at + 5:at + 9]))'
  48 64
  $ bench --images 1 --image-format png --requests 30 --no-unique-images; pictures seen | tail -30 | sort -u | wc -l
  10
  $ bench --images 1 --image-format png --requests 30; pictures seen | tail -30 | sort -u | wc -l
  30
  $ bench --image-size 9x9
  assay: image_size is written 1280x720, with 16 to 8192 pixels a side
  [2]

Conversations of a ShareGPT file are asked in their own order; those that say nothing are counted.

  $ printf '[{"conversations":[{"from":"human","value":"What?"},{"from":"gpt","value":"That."},{"from":"human","value":"Why?"}]},{"conversations":[]}]' >talk.json
  $ bench --data talk.json --turns 3 --requests 2 --no-unique-prompts; tail -1 seen | jq -r '.messages[] | .role + ": " + .content'; jq -r '.skipped[]' r.json
  user: What?
  assistant: red
  user: Why?
  talk.json: 1 conversation without a question and an answer passed over

What the server counted is in the result: tokens that were thought and not said, and those that it had kept.

  $ bench; jq -c '.runs[0].metrics | .reasoning_tokens.p50, .cached_tokens.p50, .output_tokens.p50' r.json
  5
  3
  9

  $ kill $keeper; wait
