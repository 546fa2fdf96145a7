import type { AuthorizationToken } from '../messages/parameters.js';
import { bytesFromJson, integerFromJson, type JsonObject, objectFromJson, requiredField } from '../view/json.js';
import { EncodeError, WireError } from '../wire-error.js';
import { restAsHex, type ValueCodec } from './value-codec.js';

/** Alias types by number (draft-18 §10.2.2). */
const ALIASES = ['delete', 'register', 'use-alias', 'use-value'] as const;

const FIELDS = {
  delete: ['alias_type', 'token_alias'],
  register: ['alias_type', 'token_alias', 'token_type', 'token_value'],
  'use-alias': ['alias_type', 'token_alias'],
  'use-value': ['alias_type', 'token_type', 'token_value'],
} as const;

/** The Token structure, which fills its length-prefixed section. An unknown alias type cannot be decoded. */
export const authorizationToken: ValueCodec<AuthorizationToken> = {
  read(reader) {
    const aliasType = reader.varint();
    const alias = typeof aliasType === 'number' ? ALIASES[aliasType] : undefined;
    switch (alias) {
      case 'delete':
      case 'use-alias':
        return { alias, tokenAlias: reader.bigVarint() };
      case 'register': {
        const tokenAlias = reader.bigVarint();
        return { alias, tokenAlias, tokenType: reader.bigVarint(), value: reader.rest() };
      }
      case 'use-value':
        return { alias, tokenType: reader.bigVarint(), value: reader.rest() };
      default:
        throw new WireError(`the token's alias type is ${aliasType}, which is not assigned`, {
          closeWith: 'KEY_VALUE_FORMATTING_ERROR',
        });
    }
  },
  write(writer, token) {
    writer.varint(ALIASES.indexOf(token.alias));
    if (token.alias !== 'use-value') writer.varint(token.tokenAlias);
    if (token.alias === 'register' || token.alias === 'use-value') {
      writer.varint(token.tokenType);
      writer.bytes(token.value);
    }
  },
  toJson(token): JsonObject {
    const aliasType = String(ALIASES.indexOf(token.alias));
    switch (token.alias) {
      case 'delete':
      case 'use-alias':
        return { alias_type: aliasType, token_alias: String(token.tokenAlias) };
      case 'register':
        return {
          alias_type: aliasType,
          token_alias: String(token.tokenAlias),
          token_type: String(token.tokenType),
          token_value: restAsHex.toJson(token.value),
        };
      default:
        return {
          alias_type: aliasType,
          token_type: String(token.tokenType),
          token_value: restAsHex.toJson(token.value),
        };
    }
  },
  fromJson(json, what) {
    const any = objectFromJson(json, FIELDS.register, what);
    const aliasType = integerFromJson(requiredField(any, 'alias_type', what), `${what}.alias_type`);
    const alias = aliasType < 4n ? ALIASES[Number(aliasType)] : undefined;
    if (alias === undefined) throw new EncodeError(`${what}.alias_type is ${aliasType}, which is not assigned`);
    const object = objectFromJson(json, FIELDS[alias], what);
    const integer = (name: string) => integerFromJson(requiredField(object, name, what), `${what}.${name}`);
    const value = () => bytesFromJson(requiredField(object, 'token_value', what), `${what}.token_value`);
    switch (alias) {
      case 'delete':
      case 'use-alias':
        return { alias, tokenAlias: integer('token_alias') };
      case 'register':
        return { alias, tokenAlias: integer('token_alias'), tokenType: integer('token_type'), value: value() };
      default:
        return { alias, tokenType: integer('token_type'), value: value() };
    }
  },
};
