"""The embedded catalogue's manager: installs, starts, watches and stops a real CKAN on this machine.

Standard library only: it runs under any Python 3.11 or later, before and apart from the CKAN environment.
"""
