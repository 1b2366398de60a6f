import {OperatorError} from '../../domain/errors.ts';

/** Another user's rights, which the scripts of a shell run with. */
export type Become = 'sudo';

/** Before the system's shell. sudo comes from the system, and says in English why it refuses: no argument needs quotes. */
export function becoming(become: Become | undefined): string[] {
	const from = '/usr/bin:/bin:/usr/local/bin:/run/wrappers/bin';
	return become === undefined ? [] : ['/usr/bin/env', `PATH=${from}`, 'LC_ALL=C', 'sudo', '-n'];
}

/**
 * Why sudo did not begin the script. @see sudo 1.9.13 plugins/sudoers: auth/sudo_auth.c, logging.c, sudoers.c
 * @param command what sudo was to run
 * @returns undefined where nothing shows that it was sudo, or the script runs without it
 */
export function sudoRefused(
	become: Become | undefined,
	stderr: string,
	place: string,
	command = '/bin/sh',
): OperatorError | undefined {
	if (become === undefined) {
		return undefined;
	}

	const said = stderr.split('\n').map(line => line.trim());
	const line = said.find(each => refusals.some(({says}) => says.test(each)));
	const refusal = refusals.find(({says}) => line !== undefined && says.test(line));
	if (line === undefined || refusal === undefined) {
		return undefined;
	}

	const user = /^Sorry, user (\S+) (?:is not allowed|may not)/.exec(line)?.[1] ?? /^(\S+) is not /.exec(line)?.[1];
	return new OperatorError('ssh.become', `${place}: ${refusal.message.replace('/bin/sh', command)}.`, {
		hint: refusal.hint(user ?? 'LOGIN', command),
		exit: 'refused',
		cause: new Error(line),
	});
}

const allow = (user: string, command: string) => {
	const line = `On that host: \`sudo visudo -f /etc/sudoers.d/regmedic\`, with one line: \`${user} ALL=(root) NOPASSWD: ${command}\`${user === 'LOGIN' ? ' (LOGIN: the user that regmedic logs in as)' : ''}.`;
	return command === '/bin/sh'
		? `${line} It grants root to whoever has that login: remove it after the incident. For a storage \`regmedic check --print-helper\` prints a helper that grants one folder.`
		: `${line} It grants what the head of that file says.`;
};

const refusals: {says: RegExp; message: string; hint(user: string, command: string): string}[] = [
	{
		says: /^sudo: a password is required$|^sudo: a terminal is required to read the password/,
		message: 'sudo wants a password, and regmedic never types one',
		hint: allow,
	},
	{
		says: /^Sorry, user \S+ (?:is not allowed|may not)|^\S+ is not (?:in the sudoers file|allowed to run sudo)/,
		message: 'sudo does not allow /bin/sh for this login',
		hint: allow,
	},
	{
		says: /^sudo: sorry, you must have a tty to run sudo/,
		message: 'sudo wants a terminal (requiretty)',
		hint: user =>
			`Add \`Defaults:${user} !requiretty\` to its sudoers${user === 'LOGIN' ? ' (LOGIN: the user that regmedic logs in as)' : ''}.`,
	},
	{
		says: /^(?:\/usr\/bin\/)?env: .?sudo.?: No such file or directory/,
		message: 'there is no sudo',
		hint: () => 'Install it, or log in as a user who may read the storage, and take `become` out of the configuration.',
	},
	{
		// Warnings, such as "unable to resolve host", are no refusals: the script may have begun after them.
		says: /^sudo: (?:no valid sudoers|error|parse error|The "no new privileges"|account validation|unable to (?:open|stat|initialize|execute)|.* (?:must be owned by uid 0|is world writable|is owned by))/,
		message: 'sudo failed before the script began',
		hint: () => 'Try `sudo -n /bin/sh -c id` on that host with the same login: it has to print uid=0.',
	},
];
