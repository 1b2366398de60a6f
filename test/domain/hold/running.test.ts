import {describe, expect, it} from 'vitest';
import {wasDisturbed} from '../../../src/domain/hold/hold.ts';
import {holdOf, hostNow, process, script} from '../../support/host-now.ts';

const collector = ['registry', 'garbage-collect', '-m', '/etc/docker/registry/config.yml'];
const kinds = (...processes: ReturnType<typeof process>[]) => holdOf({processes}).running.map(({kind}) => kind);

describe('what runs on a host is a cleaner', () => {
	it.each([
		[collector],
		[['/usr/bin/docker-registry', 'garbage-collect', '/c.yml']],
		[['/opt/registry-3.1', 'garbage-collect', '/c.yml', '--delete-untagged']],
		[['/bin/registry', 'garbage-collect', '--dry-run=false', '/c.yml']],
		[['docker', 'exec', 'private', ...collector]],
		[['docker', 'run', '--rm', 'registry:2.8.3', 'garbage-collect', '/c.yml']],
		[['docker', 'compose', 'exec', '-T', 'r', '/bin/registry', 'garbage-collect', '/c.yml']],
		[['kubectl', 'exec', 'registry-0', '--', 'registry', 'garbage-collect', '/c.yml']],
	])('by its program and its arguments: %j', argv => {
		expect(kinds(process(argv))).toEqual(['collection']);
	});

	it.each([
		[
			[
				'sh',
				'-c',
				'narrow="garbage-collect|_manifests"; grep -E "$narrow" /etc/crontab; registry garbage-collect /c.yml',
			],
		],
		[['grep', '-l', '-E', '-e', 'garbage-collect|delete-untagged|_manifests', '--', '/opt/gc.sh']],
		[['grep', 'registry garbage-collect', '/etc/crontab']],
		[['ssh', 'registry-vm', 'docker exec r registry garbage-collect -m /c.yml']],
		[['/bin/sh', '-c', 'eval "$(dd bs=1 count=99)"', 'regmedic', '0a1b']],
		[['strace', '-f', '-o', '/tmp/x', ...collector]],
		[['vim', '/opt/gc.sh']],
		[['registry', 'garbage-collect', '-d', '-m', '/c.yml']],
		[['registry', 'serve', '/etc/garbage-collect.yml']],
		[['man', 'registry', 'garbage-collect']],
		[['skopeo', 'copy', 'docker://r/delete', 'dir:x']],
		[['crane', 'ls', 'r/app']],
		[['docker', 'exec', 'r', 'registry', 'garbage-collect', '--dry-run', '/c.yml']],
		[['docker', 'logs', 'garbage-collect']],
		[['']],
	])('and never by words that it only mentions: %j', argv => {
		expect(kinds(process(argv))).toEqual([]);
	});

	it('counts once, whatever it was started by', () => {
		const shell = process(['/bin/sh', '-c', `flock -n /run/gc ${collector.join(' ')}; true`]);
		const flock = process(['flock', '-n', '/run/gc', ...collector], {parent: shell.pid});
		const strace = process(['strace', '-f', ...collector], {parent: flock.pid});
		const real = process(collector, {parent: strace.pid, store: 'same'});
		const client = process(['docker', 'exec', 'private', ...collector]);

		const {running} = holdOf({processes: [shell, flock, strace, real, client]});

		expect(running).toEqual([
			{kind: 'collection', pid: real.pid, line: collector.join(' '), since: '2026-04-18T11:00:00.000Z'},
		]);
	});

	it('a script that cleans is one while it runs, and not beside the collector that it has started', () => {
		const files = [
			script('/opt/clean.sh', 'rm -rf "$repo/_manifests/tags/$1"'),
			script('/opt/gc.sh', `systemctl stop r\n${collector.join(' ')}\n`),
		];
		const [clean, subshell] = [process(['/bin/bash', '/opt/clean.sh', '--keep', '10'])].flatMap(one => [
			one,
			process(one.argv, {parent: one.pid}),
		]);
		const gc = process(['sh', '-e', '/opt/gc.sh']);
		const real = process(collector, {parent: gc.pid});
		const reader = process(['less', '/opt/clean.sh']);

		expect(
			holdOf({processes: [clean!, subshell!, gc, real, reader]}, {files})
				.running.map(each => each.pid)
				.sort(),
		).toEqual([clean!.pid, real.pid].sort());
		expect(holdOf({processes: [gc]}, {files}).running).toMatchObject([{kind: 'collection', pid: gc.pid}]);
	});

	it('a stray deletion over HTTP is one, unless another registry is named', () => {
		const deletes = (...argv: string[]) =>
			holdOf({processes: [process(argv)]}, {host: 'registry.example:5000'}).running.length;

		expect(deletes('skopeo', 'delete', '--tls-verify=false', 'docker://registry.example/infra-ci:old')).toBe(1);
		expect(deletes('crane', 'delete', 'localhost:5000/infra-ci@sha256:0a')).toBe(1);
		expect(deletes('regctl', 'tag', 'rm', 'registry.example:5000/infra-ci:old')).toBe(1);
		expect(deletes('skopeo', 'delete', 'docker://quay.example/infra-ci:old')).toBe(0);
	});

	it('of another store is none; where that cannot be read, it is one, perhaps', () => {
		const on = (store: 'same' | 'other' | 'unknown') => holdOf({processes: [process(collector, {store})]}).running;

		expect(on('other')).toEqual([]);
		expect(on('same')[0]).not.toHaveProperty('perhaps');
		expect(on('unknown')).toMatchObject([{perhaps: true}]);
	});

	it('and hides the secrets of its command line', () => {
		const {running} = holdOf({
			processes: [process(['skopeo', 'delete', '--creds', 'nora:h0rse', 'docker://localhost/a:b'])],
		});

		expect(running[0]!.line).toBe('skopeo delete --creds nora:… docker://localhost/a:b');
	});
});

describe('what was read between two looks', () => {
	const looked = (at: string, more = {}) => ({...holdOf(hostNow(more)), looked: at});
	const quiet = looked('2026-04-18T12:00:30.000Z');
	const later = looked('2026-04-18T12:05:00.000Z');

	it('may have changed where a cleaner ran at the first look or at the second', () => {
		const busy = {processes: [process(collector)]};

		expect(wasDisturbed(quiet, later)).toBe(false);
		expect(wasDisturbed(looked(quiet.looked, busy), later)).toBe(true);
		expect(wasDisturbed(quiet, looked(later.looked, busy))).toBe(true);
	});

	it('or where one was to start in between, though it is not seen', () => {
		const crontab = (expression: string) => ({
			crontabs: [{path: 'crontab -l', text: `${expression} ${collector.join(' ')}`}],
		});

		expect(wasDisturbed(looked(quiet.looked, crontab('3 12 * * *')), later)).toBe(true);
		expect(wasDisturbed(looked(quiet.looked, crontab('6 12 * * *')), later)).toBe(false);
	});
});
