/** What a case needs before its first request: who is there, who answers, which rules are in force. */
import type { Lanes } from '../lanes/lanes.ts';

export interface Scene {
  /** For people, in errors. */
  file: string;
  world: Lanes;
  outbound: 'ALLOW_ANY' | 'REGISTRY_ONLY';
  /** Who answers: the echo (echo.ts), or the kit's own services, where service-a really asks service-b. */
  upstream: 'echo' | 'pair';
  /** The file whose lines `rules` has, where that is not `file`. */
  rulesFile?: string;
  /** YAML, with the lines of its file. */
  rules: string;
  /** YAML that its steps put in force: what rules need not write is there for these from the start. */
  later?: readonly string[];
  /** Services that speak gRPC: those of the pair by grpc.ts. */
  grpc?: readonly string[];
  /** Server blocks of the nginx in front that will be asked. */
  fronts?: readonly string[];
}
