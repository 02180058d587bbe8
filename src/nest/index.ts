export { KafkaApplication, KafkaTemplate } from '../listener/index.ts';
export { PosthornModule, type PosthornAsyncOptions } from './posthorn-module.ts';
