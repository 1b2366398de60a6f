import {normalPlatform, platformPattern} from '../../domain/image/platform.ts';
import type {BuildAbilities} from '../../engine/ports/builder.ts';
import {programChoice} from './program-choice.ts';

/**
 * Tells what the host can build. $1: a program, or auto; standard input: the number of secret files, their paths, and the order's
 * environment. Docker's server may be another machine, and builds for its own platform; podman and buildah build for this host's, on
 * Linux. Foreign programs run where an interpreter is registered for them.
 * @see docs.docker.com/reference/cli/docker, "Environment variables": DOCKER_DEFAULT_PLATFORM
 * @see docs.kernel.org/admin-guide/binfmt-misc.html: the first line of an entry is "enabled" or "disabled"
 * @see docs.docker.com/build/building/multi-platform: the driver "docker" needs the containerd image store for several platforms
 */
export const abilitiesScript = `
${programChoice}
variables=/dev/null
program=$1
IFS= read -r count || exit 1
printf 'regmedic-builder abilities\\n'
while [ "$count" -gt 0 ]; do
	IFS= read -r file || exit 1
	{ [ -f "$file" ] && [ -r "$file" ]; } || printf 'unreadable %s\\n' "$file"
	count=$((count - 1))
done
while IFS= read -r variable; do export "$variable"; done
choose_program "$program"
[ -n "$chosen" ] || exit 0
printf 'program %s\\n' "$chosen"
answer=
[ "$chosen" != docker ] || answer=\${DOCKER_DEFAULT_PLATFORM:-$(with_environment docker version --format '{{.Server.Os}}/{{.Server.Arch}}' 2>/dev/null)}
[ -n "$answer" ] || answer=linux/$(uname -m)
printf 'platform %s\\n' "$answer"
for entry in /proc/sys/fs/binfmt_misc/qemu-*; do
	[ ! -r "$entry" ] || ! head -n 1 "$entry" | grep -q enabled || printf 'emulates linux/%s\\n' "\${entry##*/qemu-}"
done
if [ "$chosen" = docker ]; then
	if ! with_environment docker buildx version >/dev/null 2>&1; then
		echo 'one docker has no buildx there'
		exit 0
	fi
	echo buildx
	inspected=$(with_environment docker buildx inspect 2>/dev/null)
	driver=$(printf '%s\\n' "$inspected" | sed -n 's/^Driver: *//p' | head -n 1)
	printf '%s\\n' "$inspected" | sed -n 's/^Platforms: *//p' | tr ',' '\\n' | sed -n 's/^ *\\([^ *]*\\).*/emulates \\1/p'
	if [ "$driver" = docker ] && ! with_environment docker info --format '{{json .DriverStatus}}' 2>/dev/null | grep -q io.containerd.snapshotter; then
		echo 'one its buildx builder has the driver "docker", which builds one platform at a time'
	fi
fi
`;

/** What `uname -m` and qemu call an architecture that Go, and so every registry, calls otherwise; the rest `normalPlatform` knows. */
const architectures: Record<string, string> = {
	arm: 'arm/v7',
	armv6l: 'arm/v6',
	armv7l: 'arm/v7',
	i586: '386',
	i686: '386',
	loongarch64: 'loong64',
};

/** @param output the lines after the reply */
export function abilitiesIn(output: string): BuildAbilities {
	const lines = output.split('\n').map(line => /^(\w+) ?(.*)$/.exec(line) ?? []);
	const all = (word: string) =>
		lines.flatMap(([, first, rest]) => (first === word && rest !== undefined ? [rest] : []));
	const [program] = all('program');
	const [platform] = all('platform').flatMap(platformOf);
	const [why] = all('one');
	return {
		...(program !== undefined && {program}),
		...(platform !== undefined && {platform}),
		emulates: [...new Set(all('emulates').flatMap(platformOf))],
		...(why !== undefined && {onePlatform: why}),
		buildx: all('buildx').length > 0,
		unreadable: all('unreadable'),
	};
}

function platformOf(answer: string): string[] {
	const [os, architecture = '', ...variant] = answer.split('/');
	const name = [os, architectures[architecture] ?? architecture, ...variant].join('/');
	return platformPattern.test(name) ? [normalPlatform(name)] : [];
}
