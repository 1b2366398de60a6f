import {randomBytes} from 'node:crypto';

export function createNonces(): () => string {
	return () => randomBytes(12).toString('hex');
}
