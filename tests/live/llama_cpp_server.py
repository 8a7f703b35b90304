"""Run llama.cpp's own HTTP server, in the environment that holds it: FOLDER ALIAS KEY PORT."""

import json
import sys
import threading
from pathlib import Path

import gguf
import xllamacpp
from safetensors.numpy import load_file

SPECIAL = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}
LONGEST = 512
"""Tokens of a text, as llama.cpp's own default: longer ones it refuses."""


def write_gguf(folder: Path, file: Path) -> None:
    """Write a BERT model of sentence-transformers, with mean pooling, in llama.cpp's format."""
    config = json.loads((folder / "config.json").read_text())
    writer = gguf.GGUFWriter(file, "bert")
    _add_sizes(writer, config)
    _add_words(writer, (folder / "vocab.txt").read_text(encoding="utf-8").splitlines(), config)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.BERT, config["num_hidden_layers"])
    for name, tensor in load_file(folder / "model.safetensors").items():
        if not name.startswith("pooler.") and not name.endswith("position_ids"):
            writer.add_tensor(names.get_name(name, try_suffixes=(".weight", ".bias")), tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_sizes(writer: gguf.GGUFWriter, config: dict) -> None:
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_layer_norm_eps(config["layer_norm_eps"])
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)


def _add_words(writer: gguf.GGUFWriter, words: list[str], config: dict) -> None:
    """llama.cpp marks beginnings of words where BERT marks their continuations."""
    writer.add_tokenizer_model("bert")
    writer.add_token_type_count(config["type_vocab_size"])
    writer.add_token_list([_marked(word) for word in words])
    kinds = (gguf.TokenType.NORMAL, gguf.TokenType.CONTROL)
    writer.add_token_types([kinds[word in SPECIAL] for word in words])


def _marked(word: str) -> str:
    if word in SPECIAL:
        return word

    return word[2:] if word.startswith("##") else "▁" + word


def serve(file: Path, alias: str, key: str, port: int) -> None:
    """Answer until the process is ended."""
    params = xllamacpp.CommonParams()
    params.model.path, params.model_alias = str(file), {alias}
    params.api_keys, params.port = [key], port
    params.embedding = True
    params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    params.n_ctx = params.n_batch = params.n_ubatch = LONGEST
    params.n_parallel = 1
    _server = xllamacpp.Server(params)
    threading.Event().wait()


if __name__ == "__main__":
    folder, alias, key, port = sys.argv[1:]
    model = Path(sys.prefix) / "model.gguf"
    write_gguf(Path(folder), model)
    serve(model, alias, key, int(port))
