import {mkdir, readdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, it, vi} from 'vitest';
import {openStore} from '../../src/drills/images/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {describeReal, freePort, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {type RealRedis, startRedis} from '../support/redis.ts';

vi.setConfig({testTimeout: 120_000, hookTimeout: 120_000});

describeReal(
	'`check` looks at the commands of the configuration',
	['docker-registry', 'redis-server', 'redis-cli'],
	() => {
		let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
		let login: Login;
		let registry: RealRegistry;
		let redis: RealRedis;
		let port: number;
		const inside = (...names: string[]) => path.join(temporary.folder, ...names);

		beforeAll(async () => {
			temporary = await temporaryFolder();
			login = await openLogin();
			port = await freePort();
			await Promise.all(['redis', 'store', 'bin'].map(name => mkdir(inside(name))));
			redis = await startRedis(port, inside('redis'));
			registry = await startDockerRegistry({root: openStore(inside('store')).root, folder: temporary.folder});
			await writeFile(inside('bin/order'), `#!/bin/sh\ntouch ${inside('ordered')}\n`, {mode: 0o755});
			await writeFile(inside('bin/plain'), '#!/bin/sh\n', {mode: 0o644});
		});

		afterAll(async () => {
			await Promise.all([registry?.stop(), redis?.stop()]);
			await login?.[Symbol.asyncDispose]();
			await temporary?.[Symbol.asyncDispose]();
		});

		async function lineOf(what: string, {command, redisCommand}: {command?: string[]; redisCommand?: string}) {
			await writeFile(
				path.join(login.folder, 'work/regmedic.yaml'),
				JSON.stringify({
					registries: {
						private: {
							url: `http://${registry.host}`,
							storage: {root: inside('store'), ...(redisCommand && {redis: redisCommand})},
						},
					},
					images: command && {app: {registry: 'private', build: {command, pushes: ['latest']}}},
				}),
			);
			const {checks} = JSON.parse((await login.run(['check', '--json'])).stdout);
			return checks.find((line: {what: string}) => line.what === what);
		}

		it('the Redis of the cache answers, and was asked PING alone', async () => {
			await redis.run('CONFIG', 'RESETSTAT');

			const line = await lineOf('redis private', {redisCommand: `redis-cli -p ${port}`});

			expect(line).toMatchObject({ok: true, say: expect.stringContaining('reaches Redis (PONG); nothing was changed')});
			const asked = (await redis.run('INFO', 'commandstats')).match(/cmdstat_[^:]+/g);
			expect(asked?.filter(name => !/cmdstat_(?:config|info|command|hello|client)/.test(name))).toEqual([
				'cmdstat_ping',
			]);
		});

		it.each([
			[
				'another address',
				() => `redis-cli -p ${port + 1}`,
				/Could not connect to Redis at .*: Connection refused/,
				/address in storage\.redis/,
			],
			['no program', () => 'no-redis-cli', /not found/, /docker exec -i NAME redis-cli/],
		])('%s is said with what helps', async (_, command, say, hint) => {
			const line = await lineOf('redis private', {redisCommand: command()});

			expect(line).toMatchObject({ok: false, say: expect.stringMatching(say), hint: expect.stringMatching(hint)});
		});

		it('a password that Redis wants is said', async () => {
			await redis.run('CONFIG', 'SET', 'requirepass', 'a-secret');

			const line = await lineOf('redis private', {redisCommand: `redis-cli -p ${port}`});

			expect(line).toMatchObject({
				ok: false,
				say: expect.stringContaining('NOAUTH'),
				hint: expect.stringContaining('REDISCLI_AUTH'),
			});
		});

		it('the program of build.command is looked for and not run', async () => {
			expect(await lineOf('build of app', {command: [inside('bin/order'), 'x']})).toMatchObject({
				ok: true,
				say: `${inside('bin/order')} can be started; nothing was run or ordered`,
			});
			expect(await lineOf('build of app', {command: ['no-such-cli', 'x']})).toMatchObject({
				ok: false,
				say: expect.stringContaining('no-such-cli is not in the PATH'),
			});
			expect(await lineOf('build of app', {command: [inside('bin/plain')]})).toMatchObject({
				ok: false,
				say: expect.stringContaining(`${inside('bin/plain')} is not executable`),
			});
			expect(await lineOf('build of app', {command: [inside('bin')]})).toMatchObject({
				ok: false,
				say: expect.stringContaining(`${inside('bin')} is no file`),
			});
			expect(await readdir(temporary.folder)).not.toContain('ordered');
		});
	},
);
