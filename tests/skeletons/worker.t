The worker of docs/skeletons behind assay serve:

  $ assay serve chat --worker-command "$SKELETON_WORKER" --port 0 >log 2>&1 &
  $ service=$!
  $ timeout 20 sh -c 'until grep -qs listening log; do sleep 0.1; done'
  $ url=$(sed -n 's/.*\(http:[^ ]*\).*/\1/p' log | head -n 1)
  $ curl -s $url/v1/chat/completions -H 'Content-Type: application/json' \
  >   -d '{"model": "m", "messages": [{"role": "user", "content": "say this again"}]}' | jq -r '.choices[0].message.content'
  say this again
  $ kill $service; wait $service 2>/dev/null
