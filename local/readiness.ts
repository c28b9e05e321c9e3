/** Whether a program takes requests now. */
import { get } from 'node:http';
import { connect } from 'node:net';

const timeoutMs = 1_000;

/** @param path that answers below 400 when it is ready; undefined: its port accepts connections */
export function isReady(host: string, port: number, path: string | undefined): Promise<boolean> {
  return path === undefined ? accepts(host, port) : answers(host, port, path);
}

function answers(host: string, port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host, port, path, agent: false, timeout: timeoutMs }, (answer) => {
      answer.resume();
      resolve((answer.statusCode ?? 500) < 400);
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(false));
  });
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const end = (accepted: boolean) => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}
