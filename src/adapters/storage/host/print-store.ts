/** The part that is about the store alone: its disk, and what lies in it. `$within`: its disk is that of the host. */
export const printStore = `if [ -d "$root" ] && cd "$root"; then
	if [ -n "$within" ]; then
		printf 'disk\\n'; df -P -k . 2>/dev/null | tail -n 1; printf '\\000'
		printf 'inodes\\n'; df -P -i . 2>/dev/null | tail -n 1; printf '\\000'
	fi
	if [ -d docker/registry/v2 ]; then cd docker/registry/v2 || exit 1; fi
	if [ -d repositories ]; then
		printf 'stored %s\\000' "$(ls repositories | head -n 5 | wc -l)"
		printf 'uploads %s\\000' "$(find repositories \\( -name _layers -o -name _manifests \\) -prune -o -type d -path '*/_uploads/*' -prune -mtime +7 -exec du -sk {} + 2>/dev/null |
			awk '{n++; s += $1} END {print n + 0, s + 0}')"
	fi
else
	printf 'gap the storage folder: %s cannot be entered\\000' "$root"
fi
`;

/** The same by itself, for a store that is read in a container. The root is the line of standard input. */
export const printStoreAlone = `LC_ALL=C; export LC_ALL
IFS= read -r root || exit 1
within=yes
{
${printStore}printf 'end\\000'
} 2>/dev/null
`;
