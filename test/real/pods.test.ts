import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {metricNames} from '../../src/domain/probe/metrics.ts';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore} from '../../src/drills/images/store.ts';
import {openLogin} from '../support/cli.ts';
import {parseDeployed} from '../support/deploy-files.ts';
import {startPushgateway} from '../support/prometheus.ts';
import {describeReal, startDockerRegistry} from '../support/real.ts';

describeReal(
	'what the Pods run, against a registry and a Pushgateway',
	['docker-registry', 'prometheus-pushgateway'],
	() => {
		test.each(['probe-cronjob', 'probe-sharded'])(
			'with the arguments of %s the whole catalogue is seen, once',
			async name => {
				await using login = await openLogin();
				const pushgateway = await startPushgateway();
				onTestFinished(() => pushgateway.stop());
				const root = path.join(login.folder, 'storage');
				await mkdir(root);
				const store = openStore(root);
				const repositories = ['infra-ci', 'team/app', 'team/web', 'tools', 'base'];
				await Promise.all(repositories.map(each => store.push(each, 'latest', buildImage({seed: each}))));
				const registry = await startDockerRegistry({root, folder: login.folder});
				onTestFinished(() => registry.stop());
				const {data} = await parseDeployed('kubernetes/config.yaml');
				const config = path.join(login.folder, 'regmedic.yaml');
				await writeFile(config, data['regmedic.yaml'].replace(/https:\/\/\S+/, `http://${registry.host}`));
				const {spec} = (await parseDeployed(`kubernetes/${name}.yaml`)).spec.jobTemplate;
				const words: string[] = spec.template.spec.containers[0].args;

				const pods = Array.from({length: spec.completions ?? 1}, (_, index) =>
					login.run(
						words.map(word =>
							word
								.replace('/etc/regmedic/regmedic.yaml', config)
								.replace(/^http:.+:9091$/, pushgateway.url)
								.replace('$(JOB_COMPLETION_INDEX)', `${index}`),
						),
						{environment: {REG_USERNAME: 'probe', REG_PASSWORD: 'unasked'}},
					),
				);

				expect((await Promise.all(pods)).map(({exitCode, stderr}) => [exitCode, stderr])).toEqual(
					pods.map(() => [0, expect.anything()]),
				);
				const pushed = await (await fetch(`${pushgateway.url}/metrics`)).text();
				const checked = [
					...pushed.matchAll(new RegExp(`^${metricNames.repositoriesChecked}{.*"${registry.host}".*} (.+)$`, 'gm')),
				];
				expect(checked.map(([, count]) => Number(count)).reduce((sum, count) => sum + count)).toBe(repositories.length);
				expect(checked).toHaveLength(pods.length);
			},
		);
	},
);
