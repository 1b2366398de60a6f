import {spawnSync} from 'node:child_process';
import {getuid} from 'node:process';
import {expect, test} from 'vitest';
import {shippedProgram} from '../support/shipped.ts';

// Only root may become somebody else.
test.skipIf(getuid?.() !== 0)('a user id without a name, as in many containers, is no bug', () => {
	const ran = spawnSync(process.execPath, [shippedProgram(), 'drill', '--list'], {
		uid: 54_321,
		gid: 54_321,
		encoding: 'utf8',
	});

	expect(ran).toMatchObject({status: 0, stderr: ''});
	expect(ran.stdout).toContain('orphan-index');
});
