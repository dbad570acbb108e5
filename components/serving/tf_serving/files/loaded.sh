# Whether TensorFlow Serving has the model loaded. That it listens says nothing of it.
#   loaded.sh PORT MODEL [VERSION...]
# With versions, each of them has to be available; without, any will do. The image has bash, and nothing that speaks HTTP.
export LC_ALL=C
port=$1 model=$2
shift 2

exec 3<>"/dev/tcp/127.0.0.1/$port" || { echo "$model: nobody answers on port $port yet"; exit 1; }
printf 'GET /v1/models/%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$model" >&3
read -r _ code _ <&3
length=
while IFS= read -r line <&3 && [[ -n ${line%$'\r'} ]]; do
  if [[ ${line,,} =~ ^content-length:[[:space:]]*([0-9]+) ]]; then length=${BASH_REMATCH[1]}; fi
done
if [[ -n $length ]]; then IFS= read -r -N "$length" body <&3; else IFS= read -r -d '' body <&3; fi
compact=${body//[[:space:]]/}

available='"state":"AVAILABLE"'
if [[ $code == 200 ]]; then
  for version; do
    [[ $compact == *"{\"version\":\"$version\",$available"* ]] || code=lacking
  done
  [[ $compact == *"$available"* && $code == 200 ]] && exit 0
fi
set -f
set -- $body
said=$*
echo "$model is not loaded: ${said:0:500}"
exit 1
