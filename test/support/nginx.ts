import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {freePort, locate} from './real.ts';

export type Nginx = AsyncDisposable & {host: string};

/**
 * A real nginx on a loopback port, with one server.
 * @param lines what its `server` block says, without `listen`
 */
export async function startNginx(
	folder: string,
	lines: readonly string[],
	tls: {certificate: string; key: string},
): Promise<Nginx> {
	const port = await freePort();
	const place = path.join(folder, `nginx-${port}`);
	await mkdir(path.join(place, 'temp'), {recursive: true});
	const config = path.join(place, 'nginx.conf');
	const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
		each => `${each}_temp_path ${place}/temp/${each};`,
	);
	await writeFile(
		config,
		`${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off; master_process off; pid ${place}/pid; error_log ${place}/error.log;
events {}
http {
	access_log off; ${temporary.join(' ')}
	server {
		listen 127.0.0.1:${port} ssl;
		ssl_certificate ${tls.certificate};
		ssl_certificate_key ${tls.key};
		${lines.join('\n\t\t')}
	}
}
`,
	);
	const child = spawn(locate('nginx')!, ['-c', config, '-e', `${place}/error.log`, '-p', place], {stdio: 'ignore'});
	for (let tries = 0; tries < 200; tries++) {
		// It responds to plain HTTP on a TLS port with 400.
		const responds = await fetch(`http://127.0.0.1:${port}/`).then(
			() => true,
			() => false,
		);
		if (responds) {
			return {
				host: `127.0.0.1:${port}`,
				async [Symbol.asyncDispose]() {
					if (child.exitCode === null) {
						const gone = once(child, 'exit');
						child.kill();
						await gone;
					}
				},
			};
		}

		await pause(25);
	}

	child.kill('SIGKILL');
	throw new Error(`nginx did not answer on ${port}`);
}
