import {describe, expect, test} from 'vitest';
import {parseConfiguration} from '../../src/domain/configuration.ts';
import {exitCodes} from '../../src/domain/errors.ts';
import {parseShard} from '../../src/domain/probe/shard.ts';
import {parseDeployed} from '../support/deploy-files.ts';

const config = await parseDeployed('kubernetes/config.yaml');
const secret = await parseDeployed('kubernetes/secret.example.yaml');

describe.each(['probe-cronjob.yaml', 'probe-sharded.yaml'])('kubernetes/%s', name => {
	const load = async () => {
		const cronJob = await parseDeployed(`kubernetes/${name}`);
		const job = cronJob.spec.jobTemplate.spec;
		const pod = job.template.spec;
		return {cronJob, job, pod, container: pod.containers[0]};
	};

	test('runs every 15 minutes, one run at a time, and each ends before the next', async () => {
		const {cronJob, job} = await load();

		expect(cronJob).toMatchObject({apiVersion: 'batch/v1', kind: 'CronJob'});
		expect(cronJob.spec).toMatchObject({schedule: '*/15 * * * *', concurrencyPolicy: 'Forbid'});
		expect(cronJob.spec.startingDeadlineSeconds + job.activeDeadlineSeconds).toBeLessThan(2 * 15 * 60);
		expect(job.activeDeadlineSeconds).toBeLessThan(15 * 60);
		expect(job.ttlSecondsAfterFinished).toBeGreaterThan(0);
	});

	test('can only read: no root, no privilege, no token, and a small /tmp as the only writable folder', async () => {
		const {pod, container} = await load();

		expect(pod.containers).toHaveLength(1);
		expect(pod).toMatchObject({
			automountServiceAccountToken: false,
			securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: 'RuntimeDefault'}},
		});
		expect(container.securityContext).toEqual({
			allowPrivilegeEscalation: false,
			readOnlyRootFilesystem: true,
			capabilities: {drop: ['ALL']},
		});
		for (const wide of ['hostNetwork', 'hostPID', 'hostIPC', 'serviceAccountName', 'initContainers']) {
			expect(pod).not.toHaveProperty(wide);
		}

		expect(container.resources).toMatchObject({
			requests: {cpu: expect.any(String), memory: expect.any(String)},
			limits: {memory: expect.any(String)},
		});
		const writable = container.volumeMounts.filter(({readOnly}: {readOnly?: boolean}) => readOnly !== true);
		expect(writable).toEqual([{name: 'tmp', mountPath: '/tmp'}]);
		expect(pod.volumes.map((volume: object) => Object.keys(volume).sort())).toEqual([
			['configMap', 'name'],
			['emptyDir', 'name'],
		]);
	});

	test('takes its credentials from the Secret, under the names of the configuration', async () => {
		const {container} = await load();
		const {registries} = parseConfiguration(config.data['regmedic.yaml'], 'regmedic.yaml');
		const registry = registries[container.args[1]]!;
		const environment = Object.fromEntries(container.env.map((each: {name: string}) => [each.name, each]));

		expect(registry.credentials).toEqual({env: {username: 'REG_USERNAME', password: 'REG_PASSWORD'}});
		for (const [variable, key] of Object.entries({REG_USERNAME: 'username', REG_PASSWORD: 'password'})) {
			expect(environment[variable]).toEqual({
				name: variable,
				valueFrom: {secretKeyRef: {name: secret.metadata.name, key}},
			});
			expect(Object.keys(secret.stringData)).toContain(key);
		}

		expect(container.args.join(' ')).not.toMatch(/passw|:\/\/[^/]*@/i);
	});

	test('mounts the configuration at the path of --config', async () => {
		const {pod, container} = await load();
		const file = container.args[container.args.indexOf('--config') + 1];
		const mount = container.volumeMounts.find(({name}: {name: string}) => name === 'config');

		expect(Object.keys(config.data).map(key => `${mount.mountPath}/${key}`)).toContain(file);
		expect(pod.volumes[0]).toEqual({name: 'config', configMap: {name: config.metadata.name}});
	});

	test('retries only what may end differently', async () => {
		const {job, pod} = await load();
		const [drained, final] = job.podFailurePolicy.rules;

		expect(pod.restartPolicy).toBe('Never');
		expect(drained).toEqual({action: 'Ignore', onPodConditions: [{type: 'DisruptionTarget'}]});
		expect(final.onExitCodes).toEqual({
			containerName: pod.containers[0].name,
			operator: 'In',
			values: [exitCodes.usage, exitCodes.broken, exitCodes.configuration, exitCodes.refused, exitCodes.indeterminate],
		});
	});
});

test('a broken image ends the Job where there is one Pod, and only its shard where there are many', async () => {
	const [single, sharded] = await Promise.all(
		['probe-cronjob', 'probe-sharded'].map(
			async name => (await parseDeployed(`kubernetes/${name}.yaml`)).spec.jobTemplate.spec,
		),
	);

	expect(single.podFailurePolicy.rules[1].action).toBe('FailJob');
	expect(single.backoffLimit).toBe(1);
	expect(sharded.podFailurePolicy.rules.map(({action}: {action: string}) => action)).toEqual(['Ignore', 'FailIndex']);
	// FailIndex is refused without it.
	expect(sharded.backoffLimitPerIndex).toBe(1);
	expect(sharded).not.toHaveProperty('maxFailedIndexes');
});

test('there are as many shards as completions, and each has the number of its Pod', async () => {
	const {completionMode, completions, parallelism, template} = (await parseDeployed('kubernetes/probe-sharded.yaml'))
		.spec.jobTemplate.spec;
	const {args} = template.spec.containers[0];
	const shard: string = args[args.indexOf('--shard') + 1];

	expect(completionMode).toBe('Indexed');
	expect(parallelism).toBeLessThanOrEqual(completions);
	expect(shard).toBe(`$(JOB_COMPLETION_INDEX)/${completions}`);
	expect(parseShard(shard.replace('$(JOB_COMPLETION_INDEX)', `${completions - 1}`))).toEqual({
		index: completions - 1,
		of: completions,
	});
});

test('the example of a Secret has no secret', () => {
	expect(Object.values(secret.stringData)).toEqual(['REPLACE-ME', 'REPLACE-ME']);
});
