/**
 * Where stores lie below the base, which comes on standard input, and what stands in files that may configure them. Records
 * ended by NUL: \`store path real-path\`, \`unread path\`, \`file path\` and then its text; at last \`end\`.
 */
export const findStoreFolders = `LC_ALL=C; export LC_ALL
IFS= read -r base
[ -d "$base" ] || exit 66
cd "$base" || exit 77
for folder in . ./* ./*/*; do
	if [ -d "$folder/docker/registry/v2" ]; then
		printf 'store %s\\000%s\\000' "$folder" "$(cd "$folder" && pwd -P)"
	elif [ -d "$folder" ]; then
		if [ ! -r "$folder" ] || [ ! -x "$folder" ]; then printf 'unread %s\\000' "$folder"; fi
	fi
done
for file in ./*.yml ./*.yaml ./*.json ./*/*.yml ./*/*.yaml ./*/*.json ./*/*/*.yml ./*/*/*.yaml ./*/*/*.json; do
	if [ -f "$file" ] && grep -qE 'registry|rootdirectory|remoteurl' "$file" 2>/dev/null; then
		printf 'file %s\\000' "$file"
		head -c 65536 "$file" | tr -d '\\000'
		printf '\\000'
	fi
done
printf 'end\\000'
`;
