"""Our own web chat: a page, a socket, and the demonstration with phones side by side."""

from channels.webchat.channel import WebChat as WebChat
