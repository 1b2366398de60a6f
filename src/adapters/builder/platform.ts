import {normalPlatform, platformPattern} from '../../domain/image/platform.ts';
import {programChoice} from './program-choice.ts';

/**
 * Tells for which platform the host builds. $1: a program, or auto; standard input: the order's environment. Docker's server may be
 * another machine, and builds for its own platform; podman and buildah build for this host's, on Linux.
 * @see docs.docker.com/reference/cli/docker, "Environment variables": DOCKER_DEFAULT_PLATFORM
 */
export const platformScript = `
${programChoice}
variables=/dev/null
program=$1
while IFS= read -r variable; do export "$variable"; done
choose_program "$program"
answer=
[ "$chosen" != docker ] || answer=\${DOCKER_DEFAULT_PLATFORM:-$(with_environment docker version --format '{{.Server.Os}}/{{.Server.Arch}}' 2>/dev/null)}
[ -z "$chosen" ] || [ -n "$answer" ] || answer=linux/$(uname -m)
printf 'regmedic-builder platform %s\\n' "$answer"
`;

/** What `uname -m` calls an architecture that Go, and so every registry, calls otherwise; the rest `normalPlatform` knows. */
const architectures: Record<string, string> = {
	armv6l: 'arm/v6',
	armv7l: 'arm/v7',
	i586: '386',
	i686: '386',
	loongarch64: 'loong64',
};

/** @param words of the reply */
export function platformIn([, answer = '']: readonly string[]): string | undefined {
	const [os, architecture = '', ...variant] = answer.split('/');
	const name = [os, architectures[architecture] ?? architecture, ...variant].join('/');
	return platformPattern.test(name) ? normalPlatform(name) : undefined;
}
