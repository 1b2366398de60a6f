import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {Digest} from '../../../src/domain/image/digest.ts';
import type {Json} from '../../../src/domain/json.ts';
import {lookedAtBeside, lookedAtIn} from '../../../src/domain/usage/half-answer.ts';
import {imagesUsed} from '../../../src/domain/usage/images-used.ts';
import {sayUsedBy} from '../../../src/domain/usage/say-use.ts';
import {allKinds, usesIn} from '../../../src/domain/usage/usage.ts';
import {usedBy} from '../../../src/domain/usage/used-by.ts';
import {readWorkloads, workloadKinds} from '../../../src/domain/usage/workload.ts';

const digest = `sha256:${'1'.repeat(64)}` as Digest;
const other = `sha256:${'2'.repeat(64)}` as Digest;
const image = 'registry.example:5050/infra-ci:latest';

type Container = {name?: string; image: string; imagePullPolicy?: string};

const template = (...containers: Container[]) => ({
	spec: {containers: containers.map((each, at) => ({name: `c${at}`, ...each}))},
});
const object = (kind: string, name: string, spec: Json, more: {[key: string]: Json} = {}) => ({
	kind,
	metadata: {name, namespace: 'acme', ...(more.metadata as object)},
	spec,
	...(more.status !== undefined && {status: more.status}),
});
const ownedBy = (kind: string, name: string) => ({ownerReferences: [{kind, name, controller: true}]});
const usesOf = (...items: Json[]) => usesIn(readWorkloads({kind: 'List', items}).workloads);

describe('who uses an image', () => {
	it('is the deployment, which stands for its pods; a pull that fails is told in the words of the node', () => {
		const uses = usesOf(
			object('Deployment', 'web', {replicas: 2, template: template({image})}),
			object(
				'ReplicaSet',
				'web-5d9',
				{replicas: 2, template: template({image})},
				{metadata: ownedBy('Deployment', 'web')},
			),
			object('Pod', 'web-5d9-a', template({image}).spec, {
				metadata: ownedBy('ReplicaSet', 'web-5d9'),
				status: {
					containerStatuses: [
						{name: 'c0', state: {waiting: {reason: 'ImagePullBackOff', message: 'Back-off pulling image'}}},
					],
				},
			}),
			object(
				'Pod',
				'web-5d9-b',
				{...template({image}).spec, nodeName: 'node1'},
				{
					metadata: ownedBy('ReplicaSet', 'web-5d9'),
					status: {containerStatuses: [{name: 'c0', imageID: `registry.example:5050/infra-ci@${digest}`}]},
				},
			),
		);

		expect(uses).toMatchObject([
			{
				kind: 'Deployment',
				name: 'acme/web',
				state: 'failing',
				problem: {reason: 'ImagePullBackOff', message: 'Back-off pulling image'},
				running: [{digest, node: 'node1'}],
			},
		]);
	});

	it('are init containers and ephemeral containers, too', () => {
		const pod = object('Pod', 'a', {
			initContainers: [{name: 'i', image: 'r.example/init:1'}],
			ephemeralContainers: [{name: 'e', image: 'r.example/debug:1'}],
			containers: [{name: 'c', image: 'r.example/app:1'}],
		});

		expect(usesOf(pod).map(({image: each}) => each)).toEqual([
			'r.example/app:1',
			'r.example/debug:1',
			'r.example/init:1',
		]);
	});

	it('is an earlier revision, which a rollback would start', () => {
		const uses = usesOf(
			object('Deployment', 'web', {replicas: 1, template: template({image: 'r.example/web:2'})}),
			object(
				'ReplicaSet',
				'web-1',
				{replicas: 0, template: template({image: 'r.example/web:1'})},
				{metadata: ownedBy('Deployment', 'web')},
			),
		);

		expect(uses.map(({image: each, state}) => `${each} ${state}`)).toEqual([
			'r.example/web:2 next-start',
			'r.example/web:1 rollback',
		]);
	});

	it('depends on what the workload does next', () => {
		const stateOf = (kind: string, spec: Json, status: Json = {}) =>
			usesOf(object(kind, 'x', spec, {status}))[0]?.state;
		const of = template({image});

		expect(stateOf('CronJob', {jobTemplate: {spec: {template: of}}})).toBe('next-run');
		expect(stateOf('CronJob', {suspend: true, jobTemplate: {spec: {template: of}}})).toBe('stopped');
		expect(stateOf('Deployment', {replicas: 0, template: of})).toBe('stopped');
		expect(stateOf('StatefulSet', {replicas: 1, template: of})).toBe('next-start');
		expect(stateOf('DaemonSet', {template: of})).toBe('next-start');
		expect(stateOf('Job', {template: of})).toBe('next-start');
		expect(stateOf('Job', {template: of}, {conditions: [{type: 'Complete', status: 'True'}]})).toBeUndefined();
		expect(stateOf('Pod', of.spec, {phase: 'Succeeded'})).toBeUndefined();
		expect(stateOf('Pod', template({image, imagePullPolicy: 'Never'}).spec)).toBe('never-pulls');
	});

	it('is a cron job once, not with each of its jobs', () => {
		const uses = usesOf(
			object('CronJob', 'nightly', {jobTemplate: {spec: {template: template({image})}}}),
			object('Job', 'nightly-1', {template: template({image})}, {metadata: ownedBy('CronJob', 'nightly')}),
			object('Pod', 'nightly-1-a', template({image}).spec, {metadata: ownedBy('Job', 'nightly-1')}),
		);

		expect(uses).toMatchObject([{kind: 'CronJob', name: 'acme/nightly', state: 'next-run'}]);
	});
});

describe('an image is used', () => {
	const hosts = ['127.0.0.1:5055', 'registry.example:5050'];
	const users = (written: string, running?: Digest) =>
		usedBy(
			{
				uses: usesOf(
					object(
						'Pod',
						'a',
						{...template({image: written}).spec, nodeName: 'node1'},
						{
							status: {containerStatuses: [{name: 'c0', imageID: `docker-pullable://x.example/infra-ci@${running}`}]},
						},
					),
				),
			},
			{repository: 'infra-ci', digest, tags: ['latest']},
			hosts,
		).map(({by}) => by);

	it('by a tag, by its digest, or by what runs it while its tag names another', () => {
		expect(users(image)).toEqual(['tag']);
		expect(users(`registry.example:5050/infra-ci@${digest}`)).toEqual(['digest']);
		expect(users(`registry.example:5050/infra-ci:latest@${digest}`)).toEqual(['digest']);
		expect(users('registry.example:5050/infra-ci:2026-03', digest)).toEqual(['runs']);
	});

	it('not by another registry, repository, tag or digest', () => {
		expect(users('other.example/infra-ci:latest')).toEqual([]);
		expect(users('registry.example:5050/web:latest')).toEqual([]);
		expect(users('registry.example:5050/infra-ci:2026-03', other)).toEqual([]);
		expect(users(`registry.example:5050/infra-ci:latest@${other}`)).toEqual([]);
		expect(users('infra-ci:latest')).toEqual([]);
	});

	it('at its next start on a node that lacks it: which nodes do, is not known', () => {
		const [user] = usedBy(
			{uses: usesOf(object('Deployment', 'web', {template: template({image, imagePullPolicy: 'IfNotPresent'})}))},
			{repository: 'infra-ci', digest, tags: ['latest']},
			hosts,
		);

		expect(sayUsedBy(user!)).toBe('Deployment acme/web fails at its next start on a node that lacks it');
	});

	it('and is listed by the address at which regmedic asks', () => {
		const uses = usesOf(
			object('Pod', 'a', template({image}).spec),
			object('Pod', 'b', template({image: `registry.example:5050/web:1@${digest}`}).spec),
		);

		expect(imagesUsed({uses}, ['127.0.0.1:5055', 'registry.example:5050'])).toMatchObject([
			{reference: {host: '127.0.0.1:5055', repository: 'infra-ci', tag: 'latest'}, usedBy: [{name: 'acme/a'}]},
			{reference: {host: '127.0.0.1:5055', repository: 'web', digest}, usedBy: [{name: 'acme/b', by: 'digest'}]},
		]);
	});
});

describe('what was looked at', () => {
	const forbidden =
		'Error from server (Forbidden): deployments.apps is forbidden: User "ann" cannot list resource "deployments" in API group "apps" at the cluster scope';

	it('is all but the kinds that the cluster refused', () => {
		const {lookedAt, notLookedAt} = lookedAtBeside(`${forbidden}\n`, allKinds, ['Pod']);

		expect(notLookedAt).toEqual([{what: 'deployments', why: forbidden}]);
		expect(lookedAt).toEqual(allKinds.filter(what => what !== 'deployments'));
	});

	it('is only what came, where the program fails for another reason', () => {
		const refused = 'The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?';

		expect(lookedAtBeside(`${forbidden}\n${refused}\n`, allKinds, ['Pod']).lookedAt).toEqual(['pods']);
		expect(lookedAtBeside('', allKinds, []).lookedAt).toEqual([]);
	});

	it('is what a text that somebody made lists', () => {
		expect(lookedAtIn(readWorkloads({kind: 'PodList', items: []}).kinds).lookedAt).toEqual(['pods']);
		expect(readWorkloads({kind: 'PodList', items: [{metadata: {name: 'a'}}]}).workloads).toHaveLength(1);
	});
});

describe('odd JSON', () => {
	const kinds = Object.keys(workloadKinds);
	const odd = fc.letrec<{json: Json}>(tie => ({
		json: fc.oneof(
			{depthSize: 'small'},
			fc.constantFrom<Json>(null, true, 0, '', 'acme', image, `x@${digest}`, ...kinds, 'List', 'PodList'),
			fc.array(tie('json'), {maxLength: 3}),
			fc.dictionary(
				fc.constantFrom(
					...[
						'kind',
						'items',
						'metadata',
						'name',
						'namespace',
						'spec',
						'status',
						'template',
						'jobTemplate',
						'containers',
					],
					...['image', 'imageID', 'containerStatuses', 'state', 'waiting', 'reason', 'ownerReferences', 'controller'],
					...['initContainers', 'replicas', 'nodeName', '__proto__', 'constructor'],
				),
				tie('json'),
				{maxKeys: 6},
			) as fc.Arbitrary<Json>,
		),
	})).json;

	it('is never an error, and names no workload that is not there', () => {
		fc.assert(
			fc.property(odd, json => {
				const text = JSON.stringify(json);
				const {workloads} = readWorkloads(JSON.parse(text) as Json);
				for (const {image: written} of usesIn(workloads)) {
					expect(text).toContain(JSON.stringify(written));
				}
			}),
		);
	});

	it('that names its owners in a circle comes to an end', () => {
		const one = object('ReplicaSet', 'a', {template: template({image})}, {metadata: ownedBy('ReplicaSet', 'b')});
		const two = object('ReplicaSet', 'b', {template: template({image})}, {metadata: ownedBy('ReplicaSet', 'a')});

		expect(usesOf(one, two)).not.toEqual([]);
	});
});
