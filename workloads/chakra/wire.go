package chakra

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Version is what traces have in their GlobalMetadata.
const Version = "0.0.4"

// nodeType is Chakra's NodeType.
type nodeType int32

// The node types that traces of this package have, and METADATA_NODE, which others do.
const (
	metadataNode nodeType = 1
	loadNode     nodeType = 2
	storeNode    nodeType = 3
	computeNode  nodeType = 4
	sendNode     nodeType = 5
	receiveNode  nodeType = 6
	groupNode    nodeType = 7
)

// allToAll is Chakra's CollectiveCommType of that name.
const allToAll = 6

// The numbers of fields in et_def.proto.
const (
	metadataVersion = 1
	metadataAttr    = 2

	nodeID       = 1
	nodeName     = 2
	nodeKind     = 3
	nodeCtrlDeps = 4
	nodeDataDeps = 5
	nodeAttr     = 10

	attrName       = 1
	attrInt32      = 7
	attrInt64      = 9
	attrInt64List  = 10
	attrUint32     = 11
	attrUint64     = 13
	attrBool       = 27
	attrString     = 29
	attrBytes      = 31
	attrBytesList  = 32
	listValues     = 1
	maxMessageSize = 1 << 28
)

// node is a Node, as far as this package has to do with it.
type node struct {
	id                 uint64
	name               string
	kind               nodeType
	ctrlDeps, dataDeps []uint64
	attrs              []attr
}

// attr is an AttributeProto. Its value is of one of the kinds that have a field here.
type attr struct {
	name string
	// field is the number of the value's field in AttributeProto.
	field  protowire.Number
	number int64 // of every integer field, and of bool
	text   []byte
	list   []int64
	texts  [][]byte
}

func number(name string, field protowire.Number, v int64) attr {
	return attr{name: name, field: field, number: v}
}

func text(name, v string) attr { return attr{name: name, field: attrString, text: []byte(v)} }

// find returns the attribute of a name, or nil.
func find(attrs []attr, name string) *attr {
	for i := range attrs {
		if attrs[i].name == name {
			return &attrs[i]
		}
	}
	return nil
}

func (a attr) append(b []byte) []byte {
	b = protowire.AppendTag(b, attrName, protowire.BytesType)
	b = protowire.AppendString(b, a.name)
	switch a.field {
	case attrString, attrBytes:
		b = protowire.AppendTag(b, a.field, protowire.BytesType)
		return protowire.AppendBytes(b, a.text)
	case attrInt64List:
		var packed []byte
		for _, v := range a.list {
			packed = protowire.AppendVarint(packed, uint64(v))
		}
		return appendMessage(b, a.field, appendMessage(nil, listValues, packed))
	case attrBytesList:
		var values []byte
		for _, v := range a.texts {
			values = appendMessage(values, listValues, v)
		}
		return appendMessage(b, a.field, values)
	default:
		b = protowire.AppendTag(b, a.field, protowire.VarintType)
		return protowire.AppendVarint(b, uint64(a.number))
	}
}

func appendMessage(b []byte, field protowire.Number, message []byte) []byte {
	b = protowire.AppendTag(b, field, protowire.BytesType)
	return protowire.AppendBytes(b, message)
}

func appendMetadata(b []byte, attrs []attr) []byte {
	b = appendMessage(b, metadataVersion, []byte(Version))
	for _, a := range attrs {
		b = appendMessage(b, metadataAttr, a.append(nil))
	}
	return b
}

func (n *node) append(b []byte) []byte {
	b = protowire.AppendTag(b, nodeID, protowire.VarintType)
	b = protowire.AppendVarint(b, n.id)
	b = appendMessage(b, nodeName, []byte(n.name))
	b = protowire.AppendTag(b, nodeKind, protowire.VarintType)
	b = protowire.AppendVarint(b, uint64(n.kind))
	for field, deps := range [...][]uint64{nodeCtrlDeps: n.ctrlDeps, nodeDataDeps: n.dataDeps} {
		if len(deps) == 0 {
			continue
		}
		var packed []byte
		for _, d := range deps {
			packed = protowire.AppendVarint(packed, d)
		}
		b = appendMessage(b, protowire.Number(field), packed)
	}
	for _, a := range n.attrs {
		b = appendMessage(b, nodeAttr, a.append(nil))
	}
	return b
}

// writeMessage writes a message behind its length.
func writeMessage(w io.Writer, message []byte) error {
	if _, err := w.Write(protowire.AppendVarint(nil, uint64(len(message)))); err != nil {
		return err
	}
	_, err := w.Write(message)
	return err
}

// readMessage reads a message behind its length; io.EOF if there is none.
func readMessage(r *bufio.Reader) ([]byte, error) {
	size, err := binary.ReadUvarint(r)
	if err != nil {
		return nil, err
	}
	if size > maxMessageSize {
		return nil, fmt.Errorf("found a message of %d bytes, want at most %d", size, maxMessageSize)
	}
	// Memory grows with what is there, not with what the length says.
	message, err := io.ReadAll(io.LimitReader(r, int64(size)))
	if err == nil && uint64(len(message)) < size {
		err = io.ErrUnexpectedEOF
	}
	return message, err
}

// eachField calls f for every field of a message, with the value's bytes, or its
// number.
func eachField(b []byte, f func(field protowire.Number, v uint64, bytes []byte) error) error {
	for len(b) > 0 {
		field, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		var (
			v     uint64
			bytes []byte
		)
		switch kind {
		case protowire.VarintType:
			v, n = protowire.ConsumeVarint(b)
		case protowire.BytesType:
			bytes, n = protowire.ConsumeBytes(b)
		default:
			n = protowire.ConsumeFieldValue(field, kind, b)
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		if err := f(field, v, bytes); err != nil {
			return err
		}
	}
	return nil
}

var errNotPacked = errors.New("numbers that are not packed as varint")

// numbers reads a repeated field of varint, packed or not.
func numbers(to []uint64, v uint64, bytes []byte) ([]uint64, error) {
	if bytes == nil {
		return append(to, v), nil
	}
	for len(bytes) > 0 {
		v, n := protowire.ConsumeVarint(bytes)
		if n < 0 {
			return nil, errNotPacked
		}
		to, bytes = append(to, v), bytes[n:]
	}
	return to, nil
}

func parseMetadata(b []byte) (version string, attrs []attr, err error) {
	err = eachField(b, func(field protowire.Number, _ uint64, bytes []byte) error {
		switch field {
		case metadataVersion:
			version = string(bytes)
		case metadataAttr:
			a, err := parseAttr(bytes)
			if err != nil {
				return err
			}
			attrs = append(attrs, a)
		}
		return nil
	})
	return version, attrs, err
}

func parseNode(b []byte) (n node, err error) {
	err = eachField(b, func(field protowire.Number, v uint64, bytes []byte) (err error) {
		switch field {
		case nodeID:
			n.id = v
		case nodeName:
			n.name = string(bytes)
		case nodeKind:
			if v > math.MaxInt32 {
				return fmt.Errorf("found node type %d", v)
			}
			n.kind = nodeType(v)
		case nodeCtrlDeps:
			n.ctrlDeps, err = numbers(n.ctrlDeps, v, bytes)
		case nodeDataDeps:
			n.dataDeps, err = numbers(n.dataDeps, v, bytes)
		case nodeAttr:
			a, err := parseAttr(bytes)
			if err != nil {
				return err
			}
			n.attrs = append(n.attrs, a)
		}
		return err
	})
	return n, err
}

// parseAttr reads an attribute; the values of kinds that are not listed here are left
// out.
func parseAttr(b []byte) (a attr, err error) {
	err = eachField(b, func(field protowire.Number, v uint64, bytes []byte) error {
		switch field {
		case attrName:
			a.name = string(bytes)
		case attrInt32, attrInt64, attrUint32, attrUint64, attrBool:
			a.field, a.number = field, int64(v)
		case attrString, attrBytes:
			a.field, a.text = field, bytes
		case attrInt64List, attrBytesList:
			a.field = field
			return a.parseList(bytes)
		}
		return nil
	})
	return a, err
}

func (a *attr) parseList(b []byte) error {
	return eachField(b, func(field protowire.Number, v uint64, bytes []byte) error {
		if field != listValues {
			return nil
		}
		if a.field == attrBytesList {
			a.texts = append(a.texts, bytes)
			return nil
		}
		values, err := numbers(nil, v, bytes)
		for _, v := range values {
			a.list = append(a.list, int64(v))
		}
		return err
	})
}
