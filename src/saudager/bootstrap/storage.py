"""Where files are kept: the folders of an installation, and its store of media."""

from saudager.errors import ConfigurationError
from saudager.providers.storage import Storage
from saudager.settings import Settings


def make_folders(settings: Settings) -> None:
    """Make what is ours; a folder named apart from DATA_DIR must exist, or a typing mistake would make a new one.
    Raises ConfigurationError."""
    named = (
        ("KNOWLEDGE_DIR", settings.knowledge_dir),
        ("MEDIA_DIR", settings.media_dir),
        ("PROMPTS_DIR", settings.prompts_dir),
    )
    for name, chosen in named:
        if chosen is not None and not chosen.is_dir():
            raise ConfigurationError(f"{name} holds {str(chosen)!r}: expected a folder that exists")
    try:
        for folder in (settings.data_dir, settings.knowledge_folder):
            folder.mkdir(parents=True, exist_ok=True)
        if settings.s3_bucket is None:
            settings.media_folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"DATA_DIR holds {str(settings.data_dir)!r}: expected a folder that can be written ({error.strerror})"
        ) from None


def open_storage(settings: Settings) -> Storage:
    """The bucket that is named, else a folder."""
    if settings.s3_bucket is None:
        from saudager.providers.storage.folder import Folder

        return Folder(settings.media_folder)
    from saudager.providers.storage.s3 import S3

    assert settings.s3_access_key is not None
    assert settings.s3_secret_key is not None
    return S3(
        settings.s3_bucket,
        access_key=settings.s3_access_key,
        secret_key=settings.s3_secret_key.get_secret_value(),
        region=settings.s3_region,
        endpoint=settings.s3_endpoint,
    )
