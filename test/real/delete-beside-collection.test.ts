import path from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import type {Finding} from '../../src/domain/storage/findings/finding.ts';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore} from '../../src/drills/images/store.ts';
import {openLogin} from '../support/cli.ts';
import {holdCollection} from '../support/held-collection.ts';
import {isPullable, pushLikeDocker} from '../support/http-push.ts';
import {describeReal, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {registryVersion} from '../support/registry-program.ts';

/** @see distribution v2.8.3 registry/storage/garbagecollect.go: a path that is not found ends the marking of a repository */
describeReal(`a DELETE beside a plain collection of registry ${registryVersion}`, ['docker-registry', 'strace'], () => {
	test('sweeps the rest of that repository, and the scan has each of its images rebuilt, and none untagged', async () => {
		const {folder, [Symbol.asyncDispose]: remove} = await temporaryFolder();
		const login = await openLogin();
		const store = openStore(path.join(folder, 'store'));
		const registry = await startDockerRegistry({root: store.root, folder});
		onTestFinished(async () => {
			await registry.stop();
			await login[Symbol.asyncDispose]();
			await remove();
		});
		const images = await Promise.all(
			['t0', 't1', 't2', 't3'].map(async tag => {
				const image = buildImage({seed: tag, platforms: ['linux/amd64'], attestations: false, layers: 1});
				await pushLikeDocker(registry.host, 'acme/app', tag, image);
				return {tag, digests: [image.index, ...image.manifests].map(({digest}) => digest)};
			}),
		);
		// The collector reads the links in this order. It has seen the first one already when it opens it.
		const [first] = images.flatMap(({digests}) => digests).toSorted();
		const collection = await holdCollection(registry.config, [], store.revisionLink('acme/app', first!));
		onTestFinished(() => collection[Symbol.asyncDispose]());

		const deleted = await fetch(`http://${registry.host}/v2/acme/app/manifests/${first}`, {method: 'DELETE'});

		expect(deleted.status).toBe(202);
		expect(await collection.release()).toBe(0);
		await registry.restart();
		const lost: string[] = [];
		for (const {tag, digests} of images) {
			if (!digests.includes(first!) && !(await isPullable(registry.host, 'acme/app', tag))) {
				lost.push(tag);
			}
		}

		expect(lost).toHaveLength(3);
		const {stdout} = await login.run(['scan', '--path', store.root, '--json']);
		const findings = (JSON.parse(stdout).findings as Finding[]).filter(({tags}) =>
			tags.some(tag => lost.includes(tag)),
		);
		expect(findings.flatMap(({tags}) => tags)).toEqual(expect.arrayContaining(lost));
		expect([...new Set(findings.map(({remedy}) => remedy))]).toEqual(['rebuild']);
	});
});
