"""A stranger's server for the diagnosis lab, on aioquic: `aioquic-server.py CERT KEY MODE [ARGUMENT]`.

Listens on a free UDP port of 127.0.0.1 and prints it. The modes are the keys of MODES.
"""

import asyncio
import sys

from aioquic import tls
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.asyncio.server import QuicServer
from aioquic.h3.connection import H3Connection
from aioquic.h3.events import HeadersReceived, WebTransportStreamDataReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import HandshakeCompleted, ProtocolNegotiated
from aioquic.quic.packet import QuicProtocolVersion

DRAFTS = ["moqt-18", "moqt-16", "moq-00"]
CRYPTO = 0x06
CERTIFICATE_REQUIRED = 0x100 + 116
CONNECTION_REFUSED = 0x02
# Longer than any probe of the lab waits.
HELD_BACK_S = 30


class Protocol(QuicConnectionProtocol):
    """Accepts connections, and says nothing on them."""

    argument = ""


class Http(Protocol):
    """HTTP/3, with WebTransport or without; `answer` gets each request."""

    webtransport = True
    http = None

    def quic_event_received(self, event):
        if isinstance(event, ProtocolNegotiated):
            self.http = H3Connection(self._quic, enable_webtransport=self.webtransport)
        if self.http is None:
            return
        for http_event in self.http.handle_event(event):
            if isinstance(http_event, HeadersReceived):
                self.answer(http_event.stream_id, dict(http_event.headers))
            else:
                self.on_data(http_event)
        self.transmit()

    def reply(self, stream, status, *headers, end=False):
        self.http.send_headers(stream, [(b":status", status.encode()), *headers], end_stream=end)

    def answer(self, stream, request):
        pass

    def on_data(self, event):
        pass


class Web(Http):
    """A web server, which has a page for GET and knows no WebTransport."""

    webtransport = False

    def answer(self, stream, request):
        self.reply(stream, "200" if request.get(b":method") == b"GET" else "501", end=True)


class Status(Http):
    """Refuses WebTransport with the status of its argument, `302 https://…` with a Location."""

    def answer(self, stream, request):
        status, _, location = self.argument.partition(" ")
        headers = [(b"location", location.encode())] if location else []
        self.reply(stream, status, (b"server", b"aioquic"), *headers, end=True)


class Accept(Http):
    """Accepts WebTransport sessions and says nothing on them; the argument is its WT-Protocol."""

    def answer(self, stream, request):
        chosen = [(b"wt-protocol", f'"{self.argument}"'.encode())] if self.argument else []
        self.reply(stream, "200", (b"sec-webtransport-http3-draft", b"draft02"), *chosen)


class Echo(Accept):
    """The demonstration server: what comes on a stream goes back on it."""

    def on_data(self, event):
        if isinstance(event, WebTransportStreamDataReceived) and event.stream_id % 4 == 0:
            self._quic.send_stream_data(event.stream_id, event.data, end_stream=event.stream_ended)


class Leave(Http):
    """Ends the connection instead of answering CONNECT."""

    def answer(self, stream, request):
        self._quic.close(error_code=0x102, reason_phrase="no session here")


class TwoControls(Http):
    """Opens a second control stream, which HTTP/3 does not allow."""

    def quic_event_received(self, event):
        super().quic_event_received(event)
        if isinstance(event, ProtocolNegotiated):
            stream = self._quic.get_next_available_stream_id(is_unidirectional=True)
            self._quic.send_stream_data(stream, b"\x00\x04\x00")
            self.transmit()


class ClientCertificate(Protocol):
    """Asks for a client certificate, and goes without one."""

    def quic_event_received(self, event):
        if isinstance(event, HandshakeCompleted) and self._quic.tls._peer_certificate is None:
            self._quic.close(CERTIFICATE_REQUIRED, frame_type=CRYPTO, reason_phrase="show a certificate")
            self.transmit()


class Refuse(Protocol):
    """Closes in the handshake; with an argument with an application's code, which Initial packets cannot carry."""

    def datagram_received(self, data, addr):
        self._quic.receive_datagram(data, addr, now=self._loop.time())
        self.refuse()

    def refuse(self):
        if self.argument:
            self._quic.close(int(self.argument, 0), reason_phrase="go away")
        else:
            self._quic.close(CONNECTION_REFUSED, frame_type=0, reason_phrase="too many connections")
        self.transmit()


class RefuseLate(Refuse):
    """Closes right behind its part of the handshake: in packets of every level, all in one datagram."""

    def datagram_received(self, data, addr):
        QuicConnectionProtocol.datagram_received(self, data, addr)
        self.refuse()


class CloseAfter(Protocol):
    """Closes with the application code of its argument as soon as the handshake is done."""

    def quic_event_received(self, event):
        if isinstance(event, HandshakeCompleted):
            self._quic.close(int(self.argument, 0), reason_phrase="not for you")
            self.transmit()


class FirstDatagram(Protocol):
    """Sends the first datagram of its handshake and holds the rest back."""

    sent = 0

    def connection_made(self, transport):
        super().connection_made(Gate(transport, self))

    def passes(self):
        self.sent += 1
        return self.sent == 1


class Late(FirstDatagram):
    """Takes long to begin."""

    def passes(self):
        return False


class Gate:
    """A UDP transport that lets through what its protocol lets through."""

    def __init__(self, transport, protocol):
        self._transport = transport
        self._protocol = protocol

    def sendto(self, data, addr=None):
        if self._protocol.passes():
            self._transport.sendto(data, addr)
        else:
            asyncio.get_running_loop().call_later(HELD_BACK_S, self._transport.sendto, data, addr)

    def __getattr__(self, name):
        return getattr(self._transport, name)


class NoTokens:
    """Retry tokens as of a load balancer whose servers share no key."""

    def create_token(self, *_):
        return b"a token of another server"

    def validate_token(self, *_):
        raise ValueError("unknown token")


class RetryLoop(QuicServer):
    """Every server behind the balancer sees a token that it does not know, and sends a Retry of its own."""

    def datagram_received(self, data, addr):
        super().datagram_received(without_token(data), addr)


def without_token(data):
    """The Initial as it would be without its token: only the header is looked at before a Retry is sent."""
    if len(data) < 7 or data[0] & 0xF0 != 0xC0:
        return data
    token_at = 7 + data[5] + data[6 + data[5]]
    size = 1 << (data[token_at] >> 6)
    length = int.from_bytes(data[token_at : token_at + size], "big") & ((1 << (8 * size - 2)) - 1)
    bare = data[:token_at] + b"\x00" + data[token_at + size + length :]
    return bare + bytes(len(data) - len(bare))


def first_only(supported, offered, exc=None):
    """negotiate() that looks only at the first thing that is offered."""
    if offered and offered[0] in supported:
        return offered[0]
    if exc is not None:
        raise exc
    return None


MODES = {
    "silent": Protocol,
    "alpn": Protocol,
    "first-only": Protocol,
    "version-2": Protocol,
    "retry": Protocol,
    "retry-dead": Protocol,
    "retry-loop": Protocol,
    "large-packets": Protocol,
    "client-certificate": ClientCertificate,
    "refuse": Refuse,
    "refuse-late": RefuseLate,
    "close-after": CloseAfter,
    "first-datagram": FirstDatagram,
    "late": Late,
    "web": Web,
    "status": Status,
    "accept": Accept,
    "echo": Echo,
    "no-answer": Http,
    "leave": Leave,
    "two-controls": TwoControls,
}


async def main(certificate, key, mode, argument=""):
    protocol = MODES[mode]
    protocol.argument = argument
    is_http = issubclass(protocol, Http)
    configuration = QuicConfiguration(
        is_client=False,
        alpn_protocols=["h3"] if is_http else [argument] if mode in ("alpn", "first-only") else DRAFTS,
        max_datagram_frame_size=65536,
        max_datagram_size=1400 if mode == "large-packets" else 1200,
    )
    configuration.load_cert_chain(certificate, key)
    if mode == "version-2":
        configuration.supported_versions = [QuicProtocolVersion.VERSION_2]
    if mode == "first-only":
        negotiate = tls.negotiate
        tls.negotiate = lambda supported, offered, exc=None: (
            first_only if supported == [argument] else negotiate
        )(supported, offered, exc)
    if mode == "client-certificate":
        init = tls.Context.__init__

        def asking(self, *args, **kwargs):
            init(self, *args, **kwargs)
            self._request_client_certificate = True

        tls.Context.__init__ = asking

    def create():
        kind = RetryLoop if mode == "retry-loop" else QuicServer
        server = kind(configuration=configuration, create_protocol=protocol, retry=mode.startswith("retry"))
        if mode in ("retry-dead", "retry-loop"):
            server._retry = NoTokens()
        return server

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(create, local_addr=("127.0.0.1", 0))
    print(transport.get_extra_info("sockname")[1], flush=True)
    await loop.create_future()


asyncio.run(main(*sys.argv[1:]))
