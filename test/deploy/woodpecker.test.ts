import {expect, test} from 'vitest';
import {parseConfiguration} from '../../src/domain/configuration.ts';
import {parseDeployed, readDeployed} from '../support/deploy-files.ts';

const {steps} = await parseDeployed('woodpecker/verify-step.yaml');
const step = steps.find(({name}: {name: string}) => name === 'verify');

test('the configuration in the comment of the Woodpecker step is valid', async () => {
	const text = await readDeployed('woodpecker/verify-step.yaml');
	const sample = /^# {3}(registries:\n(?:# {5}.*\n)+)/m.exec(text)![1]!.replace(/^# {3}/gm, '');

	expect(parseConfiguration(sample, 'regmedic.yaml').registries.private?.credentials).toEqual({
		env: {username: 'REG_USERNAME', password: 'REG_PASSWORD'},
	});
	expect(step.environment).toMatchObject({
		REG_USERNAME: {from_secret: 'registry_username'},
		REG_PASSWORD: {from_secret: 'registry_password'},
	});
});

test('no setting of the Woodpecker step hides its exit code', async () => {
	// With commands, a shell would run them.
	expect(Object.keys(step).sort()).toEqual(['depends_on', 'entrypoint', 'environment', 'image', 'name']);
	expect(step.depends_on).toEqual(['push']);
});
