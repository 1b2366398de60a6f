import {chmod, mkdir} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {type Login, openLogin} from '../support/cli.ts';
import {describeReal, locate, temporaryFolder} from '../support/real.ts';
import {type RealSshd, startSshd} from '../support/sshd.ts';

const nobody = '65534';

/** No folder is closed to root, so root logs in as another user. */
const isRoot = process.getuid?.() === 0;
const programs = ['sshd', 'ssh', ...(isRoot ? ['setpriv'] : [])];

describeReal('a storage folder behind one that the login may not enter', programs, () => {
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let login: Login;
	let sshd: RealSshd;

	beforeAll(async () => {
		temporary = await temporaryFolder();
		const {folder} = temporary;
		await chmod(folder, 0o755);
		await mkdir(path.join(folder, 'closed/store/docker/registry/v2/blobs'), {recursive: true});
		await chmod(path.join(folder, 'closed'), isRoot ? 0o700 : 0);
		const drop = `${locate('setpriv')} --reuid=${nobody} --regid=${nobody} --clear-groups`;
		[login, sshd] = await Promise.all([
			openLogin(),
			startSshd({folder, options: isRoot ? [`ForceCommand ${drop} /bin/sh -c "$SSH_ORIGINAL_COMMAND"`] : []}),
		]);
	});

	afterAll(async () => {
		await login?.[Symbol.asyncDispose]();
		await sshd?.stop();
		await chmod(path.join(temporary.folder, 'closed'), 0o700);
		await temporary?.[Symbol.asyncDispose]();
	});

	it.each(['openssh', 'ssh2'])('is not called missing: the user and the folder are named (%s)', async transport => {
		const root = path.join(temporary.folder, 'closed/store');

		const {exitCode, stderr} = await login.run([
			...['scan', '--ssh', sshd.alias, '--ssh-config', sshd.configFile, '--root', root, '--transport', transport],
		]);

		expect([exitCode, stderr]).toEqual([5, expect.stringMatching(/cannot be read: the user \S+ may not enter /)]);
		expect(stderr).toContain(`${path.join(temporary.folder, 'closed')}.`);
	});
});
