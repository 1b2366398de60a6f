import {spawnSync} from 'node:child_process';
import {chmod, mkdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {describe, expect, it} from 'vitest';
import {parseConfiguration} from '../../../src/domain/configuration.ts';
import {restartLogCommand} from '../../../src/domain/incident/restart-log.ts';
import {locate} from '../../support/real.ts';
import {createTempFolder} from '../../support/temp-folder.ts';

const commandOf = (restart: unknown) =>
	parseConfiguration(
		JSON.stringify({registries: {own: {url: 'http://127.0.0.1:5000', storage: {root: '/data', restart}}}}),
		'regmedic.yaml',
	).registries.own!.storage!.restart;

/**
 * Stand-ins for programs that this machine lacks: each says what it was called with, and ends as the real one does. Docker without the
 * plug-in: "docker: 'compose' is not a docker command." and exit 1.
 * @see github.com/docker/cli cmd/docker/docker.go
 */
async function host(programs: readonly string[], {fails = ''} = {}) {
	const folder = await createTempFolder();
	const bin = path.join(folder, 'bin');
	await mkdir(bin);
	const said = path.join(folder, 'said');
	for (const name of programs) {
		const [program = '', plugin] = name.split('+');
		const text = [
			'#!/bin/sh',
			plugin === undefined && program === 'docker'
				? `case $1 in compose) echo "docker: 'compose' is not a docker command." >&2; exit 1 ;; esac`
				: '',
			`case "$*" in 'compose version') exit 0 ;; esac`,
			`echo "$(pwd) ${program} $*" >>'${said}'`,
			fails === '' ? '' : `case "$*" in *'${fails}'*) exit 1 ;; esac`,
		].join('\n');
		await writeFile(path.join(bin, program), text);
		await chmod(path.join(bin, program), 0o755);
	}

	const run = async (command: string) => {
		const {status} = spawnSync(locate('sh')!, ['-c', command], {cwd: folder, env: {PATH: bin}});
		const lines = (await readFile(said, 'utf8').catch(() => '')).split('\n').filter(Boolean);
		return {status, said: lines.map(line => line.replace(`${folder} `, ''))};
	};
	return {run, folder};
}

describe('the short form of a restart', () => {
	it.each([
		[{systemd: 'docker-registry.service'}, 'systemctl restart docker-registry.service'],
		[
			{systemd: 'registry', user: true, proxy: 'nginx'},
			'systemctl --user restart registry && systemctl --user restart nginx',
		],
		[{docker: 'registry', proxy: 'nginx'}, 'docker restart registry && docker restart nginx'],
		[{podman: 'registry', proxy: {systemd: 'nginx'}}, 'podman restart registry && systemctl restart nginx'],
		[
			{kubectl: 'deployment/registry', namespace: 'infra', context: 'prod'},
			'kubectl --context=prod --namespace=infra rollout restart deployment/registry && kubectl --context=prod --namespace=infra rollout status deployment/registry --timeout=110s',
		],
		['sh /opt/restart.sh && true', 'sh /opt/restart.sh && true'],
	])('%j is the command %s', (form, command) => {
		expect(commandOf(form)).toBe(command);
	});

	it.each([
		[
			['docker+compose', 'docker-compose'],
			['docker compose restart registry', 'docker compose restart nginx'],
		],
		[
			['docker', 'docker-compose'],
			['docker-compose restart registry', 'docker-compose restart nginx'],
		],
		[['docker-compose'], ['docker-compose restart registry', 'docker-compose restart nginx']],
	])('of compose takes of %j the version that is there', async (programs, said) => {
		const {run} = await host(programs);

		expect(await run(commandOf({compose: 'registry', proxy: 'nginx'})!)).toEqual({status: 0, said});
	});

	it('of compose works in its folder and with its file; a restart that fails is not tried by the other version, and restarts no proxy', async () => {
		const {run, folder} = await host(['docker+compose', 'docker-compose'], {fails: 'restart registry'});
		await mkdir(path.join(folder, 'stack'));

		const ended = await run(
			commandOf({compose: 'registry', in: `${folder}/stack`, file: 'prod.yaml', proxy: 'nginx'})!,
		);

		expect(ended).toEqual({status: 1, said: [`${folder}/stack docker compose -f prod.yaml restart registry`]});
	});

	it.each([
		[{systemd: 'registry', proxy: 'nginx'}, 'systemctl', ['systemctl restart registry']],
		[{docker: 'registry', proxy: 'nginx'}, 'docker', ['docker restart registry']],
		[{podman: 'registry', proxy: 'nginx'}, 'podman', ['podman restart registry']],
		[
			{kubectl: 'deployment/registry', namespace: 'infra'},
			'kubectl',
			['kubectl --namespace=infra rollout restart deployment/registry'],
		],
	])('of %j that fails ends there: no proxy is restarted and nothing is waited for', async (form, program, said) => {
		const {run} = await host([program], {fails: 'restart'});

		expect(await run(commandOf(form)!)).toEqual({status: 1, said});
	});

	it('where nothing of compose is there fails', async () => {
		const {run} = await host([]);

		expect((await run(commandOf({compose: 'registry'})!)).status).toBe(127);
	});

	it.each([
		{compose: 'registry; reboot'},
		{systemd: "a'b"},
		{docker: 'registry', podman: 'registry'},
		{docker: 'a', proxy: {docker: 'b', proxy: 'c'}},
		{kubectl: '$(id)'},
		{},
	])('%j is refused, with the forms that there are', form => {
		expect(() => commandOf(form)).toThrow(/write a command|may have letters/);
	});

	it.each([
		[{docker: 'registry', proxy: 'nginx'}, 'docker logs --tail 20 registry 2>&1'],
		[{systemd: 'registry', user: true, proxy: 'nginx'}, 'journalctl --user --unit=registry --lines=20 --no-pager 2>&1'],
		[
			{kubectl: 'deployment/registry', namespace: 'infra'},
			'kubectl --namespace=infra logs deployment/registry --tail=20 2>&1',
		],
	])('tells where the log of %j is', (form, command) => {
		expect(restartLogCommand(commandOf(form)!, 20)).toBe(command);
	});

	it('reads the log of compose with the version that is there', async () => {
		const {run, folder} = await host(['docker+compose']);
		const log = restartLogCommand(commandOf({compose: 'registry', in: folder, proxy: 'nginx'})!, 20)!;

		expect(await run(log)).toEqual({status: 0, said: ['docker compose logs --tail 20 registry']});
		expect(log).toContain(`cd ${folder} && $compose logs --tail 20 registry`);
	});
});
