import fc from 'fast-check';
import {expect, test} from 'vitest';
import {causeOfFailure, plainLog} from '../../../src/domain/build/build-failure.ts';

const legacy = `DEPRECATED: The legacy builder is deprecated and will be removed in a future release.
            BuildKit is currently disabled; enable it by removing the DOCKER_BUILDKIT=0
            environment-variable.

`;

// Written from knowledge of docker's older builder, podman, buildah and docker-registry; those of BuildKit from its sources. Not recorded.
test.each([
	['build', 'write /var/lib/docker/tmp/x: no space left on device', /a disk is full/],
	[
		'build',
		`${legacy}the --mount option requires BuildKit. Refer to https://docs.docker.com/go/buildkit/`,
		/needs BuildKit/,
	],
	[
		'build',
		`${legacy}failed to parse platform : "" is an invalid component of "": platform specifier`,
		/BUILDPLATFORM/,
	],
	[
		'build',
		'Error response from daemon: dockerfile parse error line 4: unknown instruction: MAKE',
		/could not be read/,
	],
	[
		'build',
		'ERROR: failed to solve: a.example/go:1: failed to resolve source metadata for a.example/go:1: failed to do request: Head "https://a.example/v2/go/manifests/1": dial tcp: lookup a.example: no such host',
		/cannot be reached/,
	],
	[
		'build',
		'Error: creating build container: initializing source docker://127.0.0.1:1/base:1: pinging container registry 127.0.0.1:1: Get "https://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused',
		/cannot be reached/,
	],
	[
		'build',
		'Error: creating build container: initializing source docker://a.example/base:9: reading manifest 9 in a.example/base: manifest unknown: manifest unknown',
		/does not exist in its registry/,
	],
	[
		'build',
		"pull access denied for acme/base, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
		/was refused/,
	],
	[
		'build',
		'Error: creating build container: initializing source docker://a.example/base:1: reading manifest 1 in a.example/base: unauthorized: authentication required',
		/was refused/,
	],
	[
		'build',
		'ERROR: failed to solve: process "/bin/sh -c make all" did not complete successfully: exit code: 2',
		/a step of the Dockerfile failed: process "\/bin\/sh -c make all"/,
	],
	['build', `${legacy}The command '/bin/sh -c make' returned a non-zero code: 2`, /failed: The command/],
	['build', 'Error: building at STEP "RUN make": exit status 2', /failed: building at STEP "RUN make"/],
	['build', 'ERROR: failed to compute cache key: "/tool": not found', /is not in its context/],
	['push', 'error parsing HTTP 413 response body: <html>413 Request Entity Too Large</html>', /413/],
	['push', 'denied: requested access to the resource is denied', /403/],
	['push', 'unauthorized: authentication required', /401/],
	['push', 'received unexpected HTTP status: 503 Service Unavailable', /failed \(503\)/],
	['push', 'received unexpected HTTP status: 500 Internal Server Error\nno space left on device', /a disk is full/],
	['login', 'Error: authenticating creds for "a:1": dial tcp 127.0.0.1:1: connect: connection refused', /cannot reach/],
] as const)('at the %s stage the cause is read from: %s', (stage, log, cause) => {
	expect(causeOfFailure(stage, plainLog(log))?.cause).toMatch(cause);
});

test('docker’s advice about itself is never shown, and neither are escapes nor lines that were overwritten', () => {
	const text = `${legacy}\u001B[91mmake: *** [all] Error 2\u001B[0m\r\n 10%\r 50%\r100%\nDone\r\n`;

	expect(plainLog(text)).toBe('make: *** [all] Error 2\n100%\nDone');
	expect(causeOfFailure('build', 'something new')).toBeUndefined();
});

test('any log ends without an escape, a carriage return or an error', () => {
	const piece = fc.oneof(fc.string(), fc.constantFrom('\u001B[', '\u001B[1m', '\r', '\n', '\u001B]0;x\u0007'));
	fc.assert(
		fc.property(fc.array(piece), fc.constantFrom('clone', 'login', 'build', 'push'), (pieces, stage) => {
			const log = plainLog(pieces.join(''));
			causeOfFailure(stage, log);
			expect(log).not.toContain('\r');
		}),
	);
});
