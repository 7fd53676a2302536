/**
 * Requests as the bytes that go over the connection, prepared once so that sending one costs next to nothing.
 */
import { secret } from '../declaration.ts';

export function getRequest(path: string, headers: Record<string, string> = {}): string {
  return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${lines(headers)}\r\n`;
}

/** A form of a client that authenticates with HTTP Basic. */
export function formRequest(path: string, clientId: string, form: Record<string, string>): string {
  const type = 'application/x-www-form-urlencoded';
  return postRequest(path, clientId, type, String(new URLSearchParams(form)));
}

export function jsonRequest(path: string, clientId: string, value: unknown): string {
  return postRequest(path, clientId, 'application/json', JSON.stringify(value));
}

function postRequest(path: string, clientId: string, type: string, body: string): string {
  const headers = {
    Authorization: basicOf(clientId),
    'Content-Type': type,
    'Content-Length': String(Buffer.byteLength(body)),
  };
  return `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${lines(headers)}\r\n${body}`;
}

export function basicOf(clientId: string): string {
  return `Basic ${btoa(`${clientId}:${secret}`)}`;
}

function lines(headers: Record<string, string>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
}
