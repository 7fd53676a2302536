"""An agent as people build them with the Python SDK: python agent.py URL METADATA [METADATA_URL]

It is given the address of an MCP server and steered by lines on stdin, one command each; each answer is a line of JSON.
Where a person has to sign in it says {"open": address}, and the next line is where the browser ended up.

    use TOOL ARGUMENTS  what the tool says
    expire              as if the access token's time were over
    refresh COUNT       that many programs with the same tokens refresh at the same time; answers the refresh tokens
    tokens              what it holds
"""

import asyncio
import copy
import json
import logging
import sys
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp import ClientSession
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata

# It reports what fails a second time there, with a traceback.
logging.disable(logging.CRITICAL)


class Storage:
    """What this program keeps, in memory."""

    tokens = None
    client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


def say(answer):
    print(json.dumps(answer), flush=True)


async def hear():
    return (await asyncio.to_thread(sys.stdin.readline)).strip()


async def send_to_browser(address):
    say({"open": address})


async def back_from_browser():
    answer = {name: values[0] for name, values in parse_qs(urlsplit(await hear()).query).items()}
    return AuthorizationCodeResult(code=answer.get("code", ""), state=answer.get("state"), iss=answer.get("iss"))


def provider_for(url, metadata, metadata_url, storage):
    return OAuthClientProvider(
        server_url=url,
        client_metadata=OAuthClientMetadata.model_validate_json(metadata),
        storage=storage,
        redirect_handler=send_to_browser,
        callback_handler=back_from_browser,
        client_metadata_url=metadata_url,
    )


async def use(url, provider, tool, arguments):
    async with httpx2.AsyncClient(auth=provider) as http:
        async with streamable_http_client(url, http_client=http) as (read, write, *_):
            async with ClientSession(read, write) as session:
                await session.initialize()
                result = await session.call_tool(tool, arguments)
                return json.loads(result.content[0].text)


def expire(provider):
    # The SDK refreshes by its own clock, and goes back to the person when a server refuses the token.
    provider.context.token_expiry_time = 1


async def run(url, metadata, metadata_url=None):
    storage = Storage()
    provider = provider_for(url, metadata, metadata_url, storage)
    while command := await hear():
        name, *words = command.split(" ", 2)
        if name == "use":
            tool, arguments = words
            say({"said": await use(url, provider, tool, json.loads(arguments))})
        elif name == "expire":
            expire(provider)
            say({})
        elif name == "refresh":
            twins = [provider_for(url, metadata, metadata_url, storage) for _ in range(int(words[0]))]
            for twin in twins:
                # Its own lock, as in a process of its own; the rest is what that process would have read or discovered.
                lock = twin.context.lock
                twin.context = copy.copy(provider.context)
                twin.context.lock = lock
                twin._initialized = True
                expire(twin)
            await asyncio.gather(*(use(url, twin, "list_orders", {}) for twin in twins))
            say({"refresh_tokens": [twin.context.current_tokens.refresh_token for twin in twins]})
        elif name == "tokens":
            say(storage.tokens.model_dump(mode="json"))


asyncio.run(run(*sys.argv[1:]))
