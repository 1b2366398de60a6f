import {expect, test} from 'vitest';
import type {Digest} from '../../../src/domain/image/digest.ts';
import {namedImage} from '../../../src/domain/pipeline/names-image.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}` as Digest;
const infra = {repository: 'infra-ci', tags: ['2026-04', 'latest'], digest: digest('a')};
const lint = {repository: 'tools/lint', tags: ['7'], digest: digest('b')};
const images = [infra, lint];

test.each([
	['Error response from daemon: No such image: registry.acme.example:5050/infra-ci:latest', infra],
	['manifest for 127.0.0.1:5055/tools/lint:7 not found: manifest unknown: manifest unknown', lint],
	[`failed to resolve reference "registry.example/tools/lint@${digest('b')}": manifest unknown`, lint],
	['Error: reading manifest latest in registry.example/infra-ci: manifest unknown', infra],
	['GET https://registry.example/v2/infra-ci/manifests/2026-04: MANIFEST_UNKNOWN: manifest unknown', infra],
	['+ docker run registry.example/infra-ci:latest make\nlatest: Pulling from infra-ci\nunknown blob', infra],
	['latest: Pulling from infra-ci\nfilesystem layer verification failed for digest sha256:0123', infra],
])('%s proves it', (text, image) => {
	expect(namedImage(text, images)).toBe(image);
});

test.each([
	['another image', 'Error response from daemon: No such image: docker.io/library/alpine:3'],
	['another tag', 'manifest for registry.example/infra-ci:2025-01 not found: manifest unknown'],
	['another repository that ends alike', 'No such image: registry.example/old/infra-ci:latest'],
	['another digest', `failed to resolve reference "registry.example/tools/lint@${digest('c')}": manifest unknown`],
	['no trouble with it', 'Using registry.example/infra-ci:latest\nmake: *** [test] Error 2'],
	['trouble much later', `pulled infra-ci:latest\n${'ok\n'.repeat(20)}No such image: alpine`],
	['no image at all', 'manifest unknown'],
])('%s proves nothing', (_, text) => {
	expect(namedImage(text, images)).toBeUndefined();
});
