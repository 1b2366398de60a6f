import {expect, it} from 'vitest';
import {becoming, sudoRefused} from '../../../src/adapters/ssh/become.ts';
import {seal} from '../../../src/adapters/ssh/envelope.ts';

const nonce = 'abcdef0123456789';

/** As sudo 1.9.13 of Debian 12 says it; test/real/become.test.ts runs the first three. */
it.each([
	['sudo: a password is required', 'wants a password', 'LOGIN ALL=(root) NOPASSWD: /bin/sh'],
	[
		"Sorry, user deploy is not allowed to execute '/bin/sh -c id' as root on vm.",
		'does not allow /bin/sh',
		'deploy ALL=(root) NOPASSWD: /bin/sh',
	],
	['deploy is not in the sudoers file.', 'does not allow /bin/sh', 'deploy ALL=(root) NOPASSWD: /bin/sh'],
	['sudo: sorry, you must have a tty to run sudo', 'requiretty', 'Defaults:LOGIN !requiretty'],
	['/usr/bin/env: ‘sudo’: No such file or directory', 'there is no sudo', 'Install it'],
	['sudo: /etc/sudoers is world writable', 'failed before the script began', 'uid=0'],
	['sudo: no valid sudoers sources found, quitting', 'failed before the script began', 'uid=0'],
])('"%s" is a refusal, with what helps', (said, message, hint) => {
	const refused = sudoRefused(
		'sudo',
		`motd of the host\nsudo: unable to resolve host vm: Name or service not known\n${said}\n`,
		'vm',
	);

	expect(refused).toMatchObject({code: 'ssh.become', message: expect.stringContaining(message)});
	expect(refused?.hint).toContain(hint);
});

it('a warning of sudo, or words of the host, refuse nothing: the script may have begun', () => {
	for (const said of [
		'',
		'sudo: unable to resolve host vm: Temporary failure in name resolution',
		'Connection closed',
	]) {
		expect(sudoRefused('sudo', said, 'vm')).toBeUndefined();
	}
});

it('sudo is the system’s, asks for nothing, and runs the system’s shell: without it the command is as before', () => {
	const {command, argv} = seal({script: 'id', args: ['/a']}, nonce, {become: 'sudo'});

	expect(command).toMatch(/^exec \/usr\/bin\/env PATH=\/usr\/bin:\/bin:\S+ LC_ALL=C sudo -n \/bin\/sh -c 'eval /);
	expect(argv.slice(0, 7)).toEqual([
		'/usr/bin/env',
		expect.stringMatching(/^PATH=/),
		'LC_ALL=C',
		'sudo',
		'-n',
		'/bin/sh',
		'-c',
	]);
	expect(seal({script: 'id'}, nonce).command).toMatch(/^exec \/bin\/sh -c 'eval /);
	expect(becoming(undefined)).toEqual([]);
});
