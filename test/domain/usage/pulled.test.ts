import {describe, expect, it} from 'vitest';
import {pulledByTag} from '../../../src/domain/usage/pulled-by-tag.ts';
import {usesIn} from '../../../src/domain/usage/usage.ts';
import {readWorkloads} from '../../../src/domain/usage/workload.ts';

const digest = `sha256:${'1'.repeat(64)}`;
const other = `sha256:${'2'.repeat(64)}`;
const host = 'registry.example:5050';
const at = (day: number) => `2026-04-${day}T02:00:00Z`;

type Status = {imageID?: string; containerID?: string; state?: {running: {startedAt: string}}};

/** A pod of a ReplicaSet, which nothing else describes. */
const pod = (name: string, status: Status, image = `${host}/acme/app:latest`, owner = 'web') => ({
	kind: 'Pod',
	metadata: {name, namespace: 'acme', ownerReferences: [{kind: 'ReplicaSet', name: owner, controller: true}]},
	spec: {nodeName: name, containers: [{name: 'c', image}]},
	status: {containerStatuses: [{name: 'c', ...status}]},
});
const runs = (id: string, day?: number, runtime = 'containerd'): Status => ({
	imageID: id,
	containerID: `${runtime}://${'a'.repeat(64)}`,
	...(day !== undefined && {state: {running: {startedAt: at(day)}}}),
});
const pulled = (...items: object[]) => {
	const {workloads} = readWorkloads(JSON.parse(JSON.stringify({kind: 'List', items})));
	return pulledByTag({uses: usesIn(workloads)}, {repository: 'acme/app', tag: 'latest'}, ['127.0.0.1:5055', host]);
};

describe('what nodes pulled for a tag', () => {
	it('is each digest once, with the newest start and all that run it', () => {
		const id = `${host}/acme/app@${digest}`;

		expect(
			pulled(
				pod('a', runs(id, 12)),
				pod('b', runs(id, 14)),
				pod('c', runs(id, 13), undefined, 'worker'),
				pod('d', runs(`${host}/acme/app@${other}`)),
			),
		).toEqual([
			{digest, started: at(14), by: 'a pod of ReplicaSet acme/web and 1 other workload'},
			{digest: other, by: 'a pod of ReplicaSet acme/web'},
		]);
	});

	it('may be one platform of it, where the runtime is not known to tell what the reference led to', () => {
		const id = `docker-pullable://${host}/acme/app@${digest}`;

		expect(pulled(pod('a', runs(id, 12, 'cri-o')))).toMatchObject([{digest, mayBePart: true}]);
		expect(pulled(pod('a', {imageID: id}))).toMatchObject([{digest, mayBePart: true}]);
		expect(pulled(pod('a', runs(id, 12, 'cri-o')), pod('b', runs(id, 12)))[0]).not.toHaveProperty('mayBePart');
	});

	it.each<[string, object]>([
		['the id of a config', pod('a', runs(digest))],
		['a digest of another repository', pod('a', runs(`${host}/acme/copy@${digest}`))],
		['a digest of another registry', pod('a', runs(`other.example/acme/app@${digest}`))],
		['what runs by its digest', pod('a', runs(`${host}/acme/app@${digest}`), `${host}/acme/app:latest@${digest}`)],
		['another tag', pod('a', runs(`${host}/acme/app@${digest}`), `${host}/acme/app:1.0`)],
		['the tag of another registry', pod('a', runs(`x.example/acme/app@${digest}`), 'x.example/acme/app:latest')],
	])('is not %s', (_, item) => {
		expect(pulled(item)).toEqual([]);
	});

	it('has no time that is none', () => {
		const status = runs(`${host}/acme/app@${digest}`);
		const state = {running: {startedAt: '\u001b[31myesterday'}};

		expect(pulled(pod('a', {...status, state}))).toEqual([{digest, by: 'a pod of ReplicaSet acme/web'}]);
	});
});
